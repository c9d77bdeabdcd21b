// How many appends per second the store takes: 3 events, their stream, an inline snapshot and one outbox row each, all durable (fsync on).
// dotnet run -c Release --project benchmarks/EventStore [-- seconds [writers [connection string]]]
using System.Diagnostics;
using Aspire.Hosting.Local;
using ManagedOAuth.Benchmarks.EventStore;
using Marten;
using Marten.Events.Projections;

var seconds = args.Length > 0 ? int.Parse(args[0], System.Globalization.CultureInfo.InvariantCulture) : 10;
var writers = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 8;
var folder = Directory.CreateTempSubdirectory("managedoauth-benchmark-").FullName;
await using var server = args.Length > 2 ? null : await LocalPostgres.StartNewAsync(new LocalServerOptions { Directory = folder, Temporary = true });
await using var store = DocumentStore.For(options =>
{
    options.Connection(server?.ConnectionString ?? args[2]);
    options.DatabaseSchemaName = "benchmark";
    options.Serializer(BenchmarkJson.Default);
    options.Projections.Snapshot<Grant>(SnapshotLifecycle.Inline);
});
await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
await Append.CreateOutboxAsync(store);

foreach (var (name, work) in new (string, Func<DocumentStore, Task>)[] { ("start stream", Append.StartAsync), ("fetch for writing and append", Append.FetchAndAppendAsync) })
{
    await MeasureAsync(work, TimeSpan.FromSeconds(3), writers);
    var before = Process.GetCurrentProcess().TotalProcessorTime;
    var (count, elapsed, latencies) = await MeasureAsync(work, TimeSpan.FromSeconds(seconds), writers);
    var cpu = (Process.GetCurrentProcess().TotalProcessorTime - before) / Math.Max(1, count);
    latencies.Sort();
    Console.WriteLine(
        $"{name}: {count / elapsed.TotalSeconds:N0} appends/s of 3 events + snapshot + outbox row, {writers} writers, {elapsed.TotalSeconds:F0} s, "
        + $"p50 {latencies[latencies.Count / 2]:F2} ms, p99 {latencies[latencies.Count * 99 / 100]:F2} ms, "
        + $"{cpu.TotalMicroseconds:F0} us of the client's CPU each");
}

async Task<(long Count, TimeSpan Elapsed, List<double> Latencies)> MeasureAsync(Func<DocumentStore, Task> work, TimeSpan duration, int parallel)
{
    var clock = Stopwatch.StartNew();
    var perWriter = await Task.WhenAll(Enumerable.Range(0, parallel).Select(_ => Task.Run(async () =>
    {
        var times = new List<double>();
        while (clock.Elapsed < duration)
        {
            var begin = Stopwatch.GetTimestamp();
            await work(store);
            times.Add(Stopwatch.GetElapsedTime(begin).TotalMilliseconds);
        }

        return times;
    })));
    List<double> all = [.. perWriter.SelectMany(t => t)];
    return (all.Count, clock.Elapsed, all);
}
