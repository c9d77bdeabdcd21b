using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using ManagedOAuth.Benchmarks.Administration;
using ManagedOAuth.Benchmarks.Propagation;

// Administration with many applications and clients: import, lists, one change, restarts. See benchmarks/README.md.
var count = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10_000;
var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100;
var clients = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 100_000;
await using var topology = new Started(new OneOfEach());
await topology.Value.InitializeAsync();
using var api = new HttpClient { BaseAddress = new Uri(topology.Value.Dashboard, "/client/v4/accounts/default/access/"), Timeout = TimeSpan.FromMinutes(5) };
api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", topology.Value.AdminToken);
Console.WriteLine($"before: {await Memory.OfAsync(topology.Value)}");

// Import: each application with a policy of its own.
var file = Imported(count);
Console.WriteLine($"file: {Encoding.UTF8.GetByteCount(file) / 1024:N0} KiB, {count:N0} applications");
var start = Stopwatch.GetTimestamp();
var job = await SendAsync(HttpMethod.Post, "apply?async=true", file);
var told = 0;
while (job["ended_at"] is null)
{
    await Task.Delay(200);
    job = await SendAsync(HttpMethod.Get, $"jobs/{job["id"]}");
    if ((int)job["progress"]!["done"]! >= told + (count / 5))
    {
        told = (int)job["progress"]!["done"]!;
        Console.WriteLine($"  {told:N0} of {job["progress"]!["total"]} after {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
    }
}

Console.WriteLine($"import: {job["state"]} after {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s; {await Memory.OfAsync(topology.Value)}");

var pages = await MeasureAsync("list page of 25, the default", rounds, index => SendAsync(HttpMethod.Get, $"apps?per_page=25&page={1 + (index * 7 % (count / 25))}"));
Console.WriteLine($"{pages} (bound: p95 below 50 ms)");
Console.WriteLine(await MeasureAsync("list page of 1,000", rounds / 10, index => SendAsync(HttpMethod.Get, $"apps?per_page=1000&page={1 + (index % (count / 1000))}")));
Console.WriteLine(await MeasureAsync("search", rounds, index => SendAsync(HttpMethod.Get, $"apps?search=import-{index}9")));
var some = (await SendAsync(HttpMethod.Get, "apps?name=import-77&exact=true")).AsArray()[0]!;
Console.WriteLine(await MeasureAsync("one change", rounds, index => SendAsync(HttpMethod.Patch, $"apps/{some["id"]}", $$"""{"logo_url":"https://x.test/{{index}}"}""")));
Console.WriteLine(await MeasureAsync("one change, in force everywhere", rounds, async index =>
{
    await SendAsync(HttpMethod.Patch, $"apps/{some["id"]}?wait=applied&timeout=10s", $$"""{"logo_url":"https://y.test/{{index}}"}""");
    var status = await SendAsync(HttpMethod.Get, "changes/status");
    if (!(bool)status["everywhere"]!)
    {
        Console.WriteLine($"  not everywhere: {status.ToJsonString()}");
    }
}));
Console.WriteLine(await MeasureAsync("export", 3, _ => SendAsync(HttpMethod.Get, "export")));
Console.WriteLine(await MeasureAsync("plan of the same file", 3, _ => SendAsync(HttpMethod.Post, "apply?dry_run=true", file)));
Console.WriteLine(await MeasureAsync("as_of, now", 3, _ => SendAsync(HttpMethod.Get, $"as_of?time={Uri.EscapeDataString(DateTimeOffset.UtcNow.ToString("O"))}")));

await Registrations.WriteAsync(await topology.Value.PostgresAsync(), (string)some["id"]!, clients);
Console.WriteLine(await MeasureAsync($"clients, page of 25 of {clients:N0}", rounds, index => SendAsync(HttpMethod.Get, $"oauth_clients?page={1 + (index % 40)}")));
Console.WriteLine(await MeasureAsync("clients, the thousandth page", rounds / 10, _ => SendAsync(HttpMethod.Get, $"oauth_clients?page={Math.Min(1000, clients / 25)}")));
Console.WriteLine(await MeasureAsync("clients, search", rounds / 10, index => SendAsync(HttpMethod.Get, $"oauth_clients?search=client%20{index}99")));
Console.WriteLine(await MeasureAsync("clients with an active grant", rounds / 10, _ => SendAsync(HttpMethod.Get, "oauth_clients?active=true")));

foreach (var resource in new[] { "edge", "config" })
{
    start = Stopwatch.GetTimestamp();
    await topology.Value.KillAsync(resource);
    while (!await ListsAllAsync())
    {
        await Task.Delay(20);
    }

    Console.WriteLine($"kill of {resource}: ready with {count:N0} applications after {Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s");
}

Console.WriteLine($"after: {await Memory.OfAsync(topology.Value)}");
return pages.Percentile(0.95) < 50 ? 0 : 1;

async Task<bool> ListsAllAsync()
{
    try
    {
        return (await SendAsync(HttpMethod.Get, "apps?name=import-1&exact=true")).AsArray().Count == 1;
    }
    catch (HttpRequestException)
    {
        return false;
    }
}

async Task<JsonNode> SendAsync(HttpMethod method, string path, string? body = null)
{
    using var request = new HttpRequestMessage(method, path);
    if (body is not null)
    {
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
    }

    using var answer = await api.SendAsync(request);
    var text = await answer.Content.ReadAsStringAsync();
    if (!answer.IsSuccessStatusCode)
    {
        throw new HttpRequestException($"{method} {path}: {(int)answer.StatusCode} {text[..Math.Min(text.Length, 1000)]}");
    }

    var json = JsonNode.Parse(text)!;
    return json["result"] ?? json;
}

static async Task<Series> MeasureAsync(string name, int times, Func<int, Task> act)
{
    // A service that has answered for a while runs other code than one that has just been started: the framework compiles it twice.
    for (var index = 0; index <= times / 2; index++)
    {
        await act(index);
    }

    var series = new Series(name);
    for (var index = 1; index <= times; index++)
    {
        var begun = Stopwatch.GetTimestamp();
        await act(index);
        series.Add(Stopwatch.GetElapsedTime(begun));
    }

    return series;
}

static string Imported(int count)
{
    var applications = string.Join(",\n", Enumerable.Range(0, count).Select(index => $$$"""
        {"type":"self_hosted","name":"import-{{{index}}}","domain":"import-{{{index}}}.example.test","session_duration":"8h","origin":{"url":"http://10.1.2.3:8080"},
         "policies":[{"name":"Staff {{{index}}}","decision":"allow","include":[{"email_domain":{"domain":"example.test"} },{"email":{"email":"user{{{index}}}@partner.test"} }]}]}
        """));
    return """{"format":"managedoauth.configuration","format_version":1,"objects":{"application":[""" + applications + "]}}";
}
