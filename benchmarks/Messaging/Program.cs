// How many messages per second go from a publisher's transaction through queue, handler and inbox, all durable (fsync on).
// dotnet run -c Release --project benchmarks/Messaging [-- seconds [publishers]]
using System.Diagnostics;
using System.Globalization;
using Aspire.Hosting.Local;
using ManagedOAuth.Benchmarks.Messaging;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wolverine;
using Wolverine.Marten;
using Wolverine.Postgresql;

const int Rounds = 3;
// A backlog is what makes a rate dishonest: publishers wait while this many messages are on their way.
const int MostUnderWay = 200;
var seconds = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 8;
var publishers = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 8;
var folder = Directory.CreateTempSubdirectory("managedoauth-benchmark-").FullName;
await using var server = await LocalPostgres.StartNewAsync(new LocalServerOptions { Directory = folder });

var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
builder.Services.AddSingleton<Handled>();
builder.Services.AddSingleton(_ => StoreDataSource.Create(server.ConnectionString, "benchmark"));
builder.Services.AddMarten(o =>
{
    o.DatabaseSchemaName = "benchmark";
    o.Serializer(BenchmarkJson.Default);
}).IntegrateWithWolverine().ApplyAllDatabaseChangesOnStartup();
builder.UseWolverine(o =>
{
    o.ServiceName = "benchmark";
    o.Discovery.DisableConventionalDiscovery();
    o.Discovery.IncludeType(typeof(PingHandler));
    o.ListenToPostgresqlQueue("benchmark");
    o.PublishMessage<Ping>().ToPostgresqlQueue("benchmark");
});
using var host = builder.Build();
await host.StartAsync();

var handled = host.Services.GetRequiredService<Handled>();
await MeasureAsync(TimeSpan.FromSeconds(8));
var rounds = new List<(double PerSecond, double P50, double P99, double Microseconds)>();
for (var i = 0; i < Rounds; i++)
{
    rounds.Add(await MeasureAsync(TimeSpan.FromSeconds(seconds)));
}

var median = rounds.OrderBy(r => r.PerSecond).ElementAt(Rounds / 2);
Console.WriteLine(
    $"published and handled: {median.PerSecond:N0} messages/s (of {Rounds} rounds: {string.Join(", ", rounds.Select(r => r.PerSecond.ToString("N0", CultureInfo.InvariantCulture)))}), "
    + $"{publishers} publishers, {seconds} s, from publishing to the handler p50 {median.P50:F1} ms, p99 {median.P99:F1} ms, {median.Microseconds:F0} us of this process's CPU each");
await host.StopAsync();
await server.StopAsync();
Directory.Delete(folder, recursive: true);

// Publishes for that long, then waits until everything is handled; the rate is over both.
async Task<(double PerSecond, double P50, double P99, double Microseconds)> MeasureAsync(TimeSpan duration)
{
    var published = 0L;
    var cpu = Environment.CpuUsage.TotalTime;
    var clock = Stopwatch.StartNew();
    await Task.WhenAll(Enumerable.Range(0, publishers).Select(_ => Task.Run(async () =>
    {
        while (clock.Elapsed < duration)
        {
            if (Interlocked.Read(ref published) - handled.Count > MostUnderWay)
            {
                await Task.Delay(1);
                continue;
            }

            await using var scope = host.Services.CreateAsyncScope();
            var session = scope.ServiceProvider.GetRequiredService<IDocumentSession>();
            var outbox = scope.ServiceProvider.GetRequiredService<IMartenOutbox>();
            outbox.Enroll(session);
            await outbox.PublishAsync(new Ping(Interlocked.Increment(ref published), Stopwatch.GetTimestamp()));
            await session.SaveChangesAsync();
        }
    })));
    while (handled.Count < published)
    {
        if (clock.Elapsed > duration + TimeSpan.FromSeconds(30))
        {
            throw new TimeoutException($"{published} messages were published and {handled.Count} handled.");
        }

        await Task.Delay(1);
    }

    var elapsed = clock.Elapsed;
    var used = Environment.CpuUsage.TotalTime - cpu;
    var times = handled.Take();
    return (times.Length / elapsed.TotalSeconds, times[times.Length / 2], times[times.Length * 99 / 100], used.TotalMicroseconds / times.Length);
}
