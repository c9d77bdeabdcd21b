using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Benchmarks.Propagation;
using ManagedOAuth.EndToEnd.Tests.Clients;

// How long a change of the configuration, and a revocation, takes until every edge enforces it. See benchmarks/README.md.
const int Warm = 10;
var edges = args.Length > 0 ? int.Parse(args[0], CultureInfo.InvariantCulture) : 10;
var rounds = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 100;
await using var topology = new Started(new EdgeTopology(edges));
await topology.Value.InitializeAsync();
var pids = (await topology.Value.ResourcesAsync()).Where(resource => resource.Name == "edge").Select(resource => resource.Pid).ToList();

// A change of the configuration: a policy of the application turns from Allow to Bypass and back, which an anonymous request sees.
var plain = await ReplicaConnection.ToEachAsync(topology.Value.Plain, pids);
var policy = (JsonObject)await topology.Value.Admin.PostAsync("policies", Policy("allow"));
var application = await topology.Value.Admin.ApplicationAsync(topology.Value.Plain.Authority);
application["policies"] = new JsonArray((string)policy["id"]!);
await topology.Value.Admin.PutAsync($"apps/{application["id"]}", application);
var (asked, answered) = (new Series("configuration, from the request"), new Series("configuration, from its answer"));
for (var round = -Warm; round < rounds; round++)
{
    var open = round % 2 == 0;
    var start = Stopwatch.GetTimestamp();
    await topology.Value.Admin.PutAsync($"policies/{policy["id"]}", Policy(open ? "bypass" : "allow"));
    var saved = Stopwatch.GetTimestamp();
    await Task.WhenAll(plain.Select(edge => UntilAsync(edge.Http, topology.Value.Plain, null, open ? HttpStatusCode.OK : HttpStatusCode.Found)));
    if (round < 0)
    {
        continue;
    }

    asked.Add(Stopwatch.GetElapsedTime(start));
    answered.Add(Stopwatch.GetElapsedTime(saved));
}

// A revocation by the administrator, seen by a request with the grant's access token.
var orders = await ReplicaConnection.ToEachAsync(topology.Value.Orders, pids);
using var user = new ScriptedBrowser("propagation@example.com", topology.Value.Mailbox);
var revoked = new Series("revocation, from its answer");
for (var round = 0; round < Math.Max(1, rounds / 5); round++)
{
    using var client = new OAuthClient(new Uri(topology.Value.Orders, "/orders"));
    var tokens = await client.LoginAsync(user);
    var grant = (await topology.Value.Admin.GrantsAsync("propagation@example.com")).First(found => (string?)found["kind"] == "oauth" && (string?)found["status"] == "active");
    await Task.WhenAll(orders.Select(edge => UntilAsync(edge.Http, topology.Value.Orders, tokens.AccessToken, HttpStatusCode.OK)));
    await topology.Value.Admin.PostAsync($"grants/{grant["id"]}/revoke");
    var start = Stopwatch.GetTimestamp();
    await Task.WhenAll(orders.Select(edge => UntilAsync(edge.Http, topology.Value.Orders, tokens.AccessToken, HttpStatusCode.Unauthorized)));
    revoked.Add(Stopwatch.GetElapsedTime(start));
}

Console.WriteLine($"{edges} edges");
Console.WriteLine(asked);
Console.WriteLine($"{answered} (bound: p99 below 200 ms)");
Console.WriteLine($"{revoked} (bound: below 1,000 ms)");
return answered.Percentile(0.99) < 200 && revoked.Percentile(1) < 1000 ? 0 : 1;

static JsonObject Policy(string decision) => new()
{
    ["name"] = "propagation", ["decision"] = decision, ["include"] = new JsonArray(new JsonObject { ["everyone"] = new JsonObject() }),
};

static async Task UntilAsync(HttpClient http, Uri address, string? token, HttpStatusCode status)
{
    var deadline = Stopwatch.GetTimestamp();
    while (true)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/orders"));
        request.Headers.TryAddWithoutValidation("Authorization", token is null ? null : $"Bearer {token}");
        using var answer = await http.SendAsync(request);
        await answer.Content.ReadAsByteArrayAsync();
        if (answer.StatusCode == status)
        {
            return;
        }

        if (Stopwatch.GetElapsedTime(deadline) > TimeSpan.FromSeconds(30))
        {
            throw new TimeoutException($"{address} still answers {answer.StatusCode} and not {status}.");
        }

        await Task.Delay(5);
    }
}
