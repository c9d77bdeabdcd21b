using System.Diagnostics;
using System.Globalization;
using System.Net;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using ManagedOAuth.Benchmarks;
using ManagedOAuth.Benchmarks.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

// Unary calls over loopback with one interceptor on each side, client and server in one process.
// Usage: ManagedOAuth.Benchmarks.Grpc [callers = 50] [seconds = 8]
const int Bound = 50_000;
var callers = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 50;
var duration = TimeSpan.FromSeconds(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 8);

var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
builder.Services.AddSingleton<CredentialCheck>();
builder.Services.AddGrpc(options => options.Interceptors.Add<CredentialCheck>());
await using var app = builder.Build();
app.MapGrpcService<PingService>();
Floor.Map(app);
await app.StartAsync();

using var channel = GrpcChannel.ForAddress(app.Urls.Single());
var client = new Pinger.PingerClient(channel.Intercept(new CredentialSource()));

// Warm means that the just-in-time compiler is done, which on a busy machine takes calls rather than seconds.
for (var warm = 0L; warm < 400_000;)
{
    warm += (await Load.RunAsync(client, callers, TimeSpan.FromSeconds(2))).Calls;
    await Floor.RunAsync(app.Urls.Single(), callers, TimeSpan.FromSeconds(2));
}

double[] latencies = [];
var (rate, cpu, machine) = await MeasureAsync(async () =>
{
    (var calls, latencies) = await Load.RunAsync(client, callers, duration);
    return calls;
});
Array.Sort(latencies);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
    $"grpc unary, interceptors on, {callers} callers, one connection: {rate:N0} calls/s (bound: {Bound:N0}), p50 {At(0.50):F2} ms, p99 {At(0.99):F2} ms, {cpu:F1} us of CPU per call (client and server); {machine}"));
var isHeld = rate >= Bound;
(rate, cpu, machine) = await MeasureAsync(() => Floor.RunAsync(app.Urls.Single(), callers, duration));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"the framework's HTTP/2 alone, the same bytes: {rate:N0} requests/s, {cpu:F1} us of CPU per request; {machine}"));
return isHeld ? 0 : 1;

async Task<(double Rate, double CpuMicroseconds, MachineLoad Machine)> MeasureAsync(Func<Task<long>> run)
{
    var machine = new MachineLoad();
    var started = Stopwatch.GetTimestamp();
    var cpu = Environment.CpuUsage.TotalTime;
    var calls = await run();
    return (calls / Stopwatch.GetElapsedTime(started).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / calls, machine);
}

double At(double quantile) => latencies.Length == 0 ? 0 : latencies[(int)(quantile * (latencies.Length - 1))];
