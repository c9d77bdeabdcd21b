// How many appends per second the store takes: 3 events, their stream, an inline snapshot and one outbox row each, all durable (fsync on).
// dotnet run -c Release --project benchmarks/EventStore [-- seconds [writers [connection string]]]
using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Local;
using ManagedOAuth.Benchmarks;
using ManagedOAuth.Benchmarks.EventStore;
using Marten;
using Marten.Events.Projections;

const int Rounds = 3;
const int Bound = 4000;
var seconds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 8;
var writers = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 8;
var folder = Directory.CreateTempSubdirectory("managedoauth-benchmark-").FullName;
// Not "temporary": the server has the settings that the local topology's has.
await using var server = args.Length > 2 ? null : await LocalPostgres.StartNewAsync(new LocalServerOptions { Directory = folder });
await using var store = DocumentStore.For(options =>
{
    options.Connection(server?.ConnectionString ?? args[2]);
    options.DatabaseSchemaName = "benchmark";
    options.Serializer(BenchmarkJson.Default);
    options.Projections.Snapshot<Grant>(SnapshotLifecycle.Inline);
});
await store.Storage.ApplyAllConfiguredChangesToDatabaseAsync();
await Append.CreateOutboxAsync(store);

(string Name, Func<DocumentStore, Task> Work)[] cases = [("start stream", Append.StartAsync), ("fetch for writing and append", Append.FetchAndAppendAsync)];
// A service is a process that has run for a while: until the compiler has made its last versions, most of the client's CPU is the compiler's.
foreach (var (_, work) in cases)
{
    await MeasureAsync(work, TimeSpan.FromSeconds(8), writers);
}

var isHeld = true;
foreach (var (name, work) in cases)
{
    var machine = new MachineLoad();
    var rounds = new List<Round>();
    for (var i = 0; i < Rounds; i++)
    {
        rounds.Add(await MeasureAsync(work, TimeSpan.FromSeconds(seconds), writers));
    }

    var median = rounds.OrderBy(r => r.PerSecond).ElementAt(Rounds / 2);
    isHeld &= median.PerSecond >= Bound;
    Console.WriteLine(
        $"{name}: {median.PerSecond:N0} appends/s (of {Rounds} rounds: {string.Join(", ", rounds.Select(r => r.PerSecond.ToString("N0", CultureInfo.InvariantCulture)))}), "
        + $"{writers} writers, {seconds} s, p50 {median.P50:F2} ms, p99 {median.P99:F2} ms, {median.ClientMicroseconds:F0} us of the client's CPU each (bound: {Bound:N0}/s); {machine}");
}

if (server is not null)
{
    await server.StopAsync();
    Directory.Delete(folder, recursive: true);
}

return isHeld ? 0 : 1;

async Task<Round> MeasureAsync(Func<DocumentStore, Task> work, TimeSpan duration, int parallel)
{
    var cpu = Process.GetCurrentProcess().TotalProcessorTime;
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
    var elapsed = clock.Elapsed;
    cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
    List<double> all = [.. perWriter.SelectMany(t => t)];
    all.Sort();
    return new Round(all.Count / elapsed.TotalSeconds, all[all.Count / 2], all[all.Count * 99 / 100], cpu.TotalMicroseconds / all.Count);
}

internal sealed record Round(double PerSecond, double P50, double P99, double ClientMicroseconds);
