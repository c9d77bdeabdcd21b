using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using ManagedOAuth.Benchmarks;
using ManagedOAuth.Benchmarks.Portal;

// What a portal adds to a call of a tool, for one caller and for several with accounts of their own at the server; what tools/list costs over 40 servers, and
// what a thousand idle clients cost. See benchmarks/README.md.
const int Warm = 3000;
const int Calls = 5000;
const int Lists = 200;
const int Idle = 1000;
const int Callers = 8;
await using var topology = await PortalTopology.StartAsync();
using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 4096 }) { Timeout = TimeSpan.FromMinutes(5) };
var token = topology.Token();

await CallsAsync(topology.Direct, "tool_1", Warm, token);
await CallsAsync(topology.Through, "s7_tool_1", Warm, token);
var (direct, through) = (new List<double>(), new List<double>());
for (var round = 0; round < 5; round++)
{
    // In turns, so that what drifts on a shared machine hits both.
    direct.AddRange(await CallsAsync(topology.Direct, "tool_1", Calls / 5, token));
    through.AddRange(await CallsAsync(topology.Through, "s7_tool_1", Calls / 5, token));
}

Print("tools/call direct", direct);
Print("tools/call through the portal", through);
Console.WriteLine($"added: p50 {At(through, 0.50) - At(direct, 0.50):F2} ms (aim 2), p99 {At(through, 0.99) - At(direct, 0.99):F2} ms (aim 10)");

await SeveralAsync();

await ListsAsync(20);
var lists = await ListsAsync(Lists);
Print($"tools/list over {PortalTopology.Servers} servers with {PortalTopology.ToolsPerServer} tools", lists);

var before = topology.ResidentMegabytes();
var streams = await OpenAsync(Idle);
Console.WriteLine($"{streams.Count} idle streams: {topology.ResidentMegabytes() - before} MB more, {topology.ResidentMegabytes()} MB in all");
Print("tools/call beside them", await CallsAsync(topology.Through, "s7_tool_1", 1000, token));
streams.ForEach(stream => stream.Dispose());
return At(through, 0.50) - At(direct, 0.50) <= 2 && At(through, 0.99) - At(direct, 0.99) <= 10 && At(lists, 0.50) <= 20 ? 0 : 1;

// Users with accounts of their own, all at once: the same users one after the other for as long, in turns with the server itself.
async Task SeveralAsync()
{
    var users = topology.UsersWithLogins(Callers);
    await AllAsync(topology.Direct, "tool_1", Warm);
    await AllAsync(topology.Through, $"{PortalTopology.OwnAccounts}_tool_1", Warm);
    var (alone, behind, spent, took) = (new List<double>(), new List<double>(), TimeSpan.Zero, TimeSpan.Zero);
    var machine = new MachineLoad();
    for (var round = 0; round < 5; round++)
    {
        alone.AddRange(await AllAsync(topology.Direct, "tool_1", Calls / 5));
        var (cpu, started) = (topology.CpuTime(), Stopwatch.GetTimestamp());
        behind.AddRange(await AllAsync(topology.Through, $"{PortalTopology.OwnAccounts}_tool_1", Calls / 5));
        (spent, took) = (spent + topology.CpuTime() - cpu, took + Stopwatch.GetElapsedTime(started));
    }

    Print($"tools/call direct, {Callers} callers", alone);
    Print($"tools/call through the portal, {Callers} callers with accounts of their own", behind);
    Console.WriteLine($"added: p50 {At(behind, 0.50) - At(alone, 0.50):F2} ms, p99 {At(behind, 0.99) - At(alone, 0.99):F2} ms; {behind.Count / took.TotalSeconds:F0} calls/s, {spent.TotalMicroseconds / behind.Count:F0} µs of the edge's CPU each; {machine}");

    async Task<IEnumerable<double>> AllAsync(Uri endpoint, string tool, int count)
        => (await Task.WhenAll(users.Select(user => Task.Run(() => CallsAsync(endpoint, tool, count / Callers, user))))).SelectMany(times => times);
}

async Task<List<double>> CallsAsync(Uri endpoint, string tool, int count, string caller)
{
    var times = new List<double>(count);
    for (var number = 0; number < count; number++)
    {
        using var request = Message(endpoint, caller, "tools/call", $"\"name\":\"{tool}\",\"arguments\":{{\"query\":\"tea\"}},");
        request.Headers.Add("Mcp-Name", tool);
        times.Add(await TimeAsync(request));
    }

    return times;
}

async Task<List<double>> ListsAsync(int count)
{
    var times = new List<double>(count);
    for (var number = 0; number < count; number++)
    {
        using var request = Message(topology.Through, token, "tools/list", "");
        times.Add(await TimeAsync(request));
    }

    return times;
}

async Task<double> TimeAsync(HttpRequestMessage request)
{
    var started = Stopwatch.GetTimestamp();
    using var response = await http.SendAsync(request);
    var body = await response.Content.ReadAsStringAsync();
    var took = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    return response.StatusCode == HttpStatusCode.OK && body.Contains("\"result\"", StringComparison.Ordinal)
        ? took
        : throw new InvalidOperationException($"A run with errors says nothing: {response.StatusCode} {body}");
}

HttpRequestMessage Message(Uri endpoint, string caller, string method, string parameters)
{
    var body = $"{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\",\"params\":{{{parameters}\"_meta\":{{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}}}}";
    var request = new HttpRequestMessage(HttpMethod.Post, endpoint) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
    request.Headers.Host = PortalTopology.Host;
    request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller);
    request.Headers.Add("Accept", "application/json, text/event-stream");
    request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
    request.Headers.Add("Mcp-Method", method);
    return request;
}

async Task<List<HttpResponseMessage>> OpenAsync(int count)
{
    var open = new List<HttpResponseMessage>(count);
    for (var number = 0; number < count; number++)
    {
        using var initialize = new HttpRequestMessage(HttpMethod.Post, topology.Through)
        {
            Content = new StringContent("""{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}""", Encoding.UTF8, "application/json"),
        };
        initialize.Headers.Host = PortalTopology.Host;
        initialize.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        using var begun = await http.SendAsync(initialize);
        using var listen = new HttpRequestMessage(HttpMethod.Get, topology.Through);
        listen.Headers.Host = PortalTopology.Host;
        listen.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        listen.Headers.Add("Accept", "text/event-stream");
        listen.Headers.Add("Mcp-Session-Id", begun.Headers.GetValues("Mcp-Session-Id").Single());
        var stream = await http.SendAsync(listen, HttpCompletionOption.ResponseHeadersRead);
        open.Add(stream.EnsureSuccessStatusCode());
    }

    return open;
}

static double At(List<double> times, double quantile)
{
    times.Sort();
    return times[Math.Min(times.Count - 1, (int)(times.Count * quantile))];
}

static void Print(string what, List<double> times)
    => Console.WriteLine($"{what}: p50 {At(times, 0.50):F2} ms, p90 {At(times, 0.90):F2} ms, p99 {At(times, 0.99):F2} ms ({times.Count} requests)");
