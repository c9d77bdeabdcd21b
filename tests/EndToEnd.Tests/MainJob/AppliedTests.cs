using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary><c>?wait=applied</c> with two real edges: when it says that a change is in force, it is.</summary>
[Collection(TopologyCollection.Name)]
public sealed class AppliedTests(LocalTopology topology)
{
    [Fact]
    public async Task Change_ThatWasWaitedFor_IsInForceAtEveryEdge_AndAStoppedEdgeIsToldApart()
    {
        var edges = (await topology.ResourcesAsync()).Where(resource => resource.Name == "edge").Select(resource => resource.Pid).ToList();
        var connections = await ReplicaConnection.ToEachAsync(topology.Plain, edges);

        // The admin API goes through the edges too: one that stands still answers nobody.
        var admins = await ReplicaConnection.ToEachAsync(topology.Dashboard, edges);
        var admin = admins.Single(connection => connection.ProcessId == edges[1]).Http;
        var policy = await topology.Admin.PostAsync("policies", Policy("allow"));
        var application = await topology.Admin.ApplicationAsync(topology.Plain.Authority);
        var before = application["policies"]!.DeepClone();
        try
        {
            application["policies"] = new JsonArray((string)policy["id"]!);
            await topology.Admin.PutAsync($"apps/{application["id"]}?wait=applied&timeout=30s", application);
            foreach (var decision in (string[])["bypass", "allow", "bypass", "allow"])
            {
                var answer = await AskAsync(admin, $"policies/{policy["id"]}?wait=applied&timeout=30s", Policy(decision));
                Assert.True((bool)answer["result_info"]!["applied"]!["everywhere"]!, answer.ToJsonString());

                // Not in a while: now.
                foreach (var edge in connections)
                {
                    using var seen = await edge.Http.GetAsync(new Uri(topology.Plain, "/orders"));
                    Assert.Equal(decision == "bypass" ? HttpStatusCode.OK : HttpStatusCode.Found, seen.StatusCode);
                }
            }

            // It stands still, as a machine that hangs does.
            LocalTopology.Signal("-STOP", edges[0]);
            try
            {
                var answer = await AskAsync(admin, $"policies/{policy["id"]}?wait=applied&timeout=1s", Policy("bypass"));
                var applied = answer["result_info"]!["applied"]!;
                Assert.False((bool)applied["everywhere"]!, answer.ToJsonString());
                Assert.False(IsAt(applied["readers"]!, edges[0]), answer.ToJsonString());
                Assert.Contains(answer["messages"]!.AsArray(), message => (int)message!["code"]! == 12142);

                // The other one does not wait for it, but may need more than the second on a slow machine.
                await Eventually.Async(async () => IsAt((await AskAsync(admin, "changes/status"))["result"]!["readers"]!, edges[1]) is true);
            }
            finally
            {
                LocalTopology.Signal("-CONT", edges[0]);
            }

            await Eventually.Passes(async () => Assert.True((bool)(await topology.Admin.GetAsync("changes/status"))["everywhere"]!));
        }
        finally
        {
            application["policies"] = before;
            await topology.Admin.PutAsync($"apps/{application["id"]}?wait=applied&timeout=30s", application);
            foreach (var connection in connections.Concat(admins))
            {
                connection.Dispose();
            }
        }
    }

    // Whether the edge with this process id has the change; null where it is not listed. A reader's name holds the id.
    private static bool? IsAt(JsonNode readers, int edge) => readers.AsArray()
        .Where(reader => (string)reader!["service"]! == "edge" && ((string)reader["reader"]!).Contains(string.Create(CultureInfo.InvariantCulture, $"-{edge}-"), StringComparison.Ordinal))
        .Select(reader => (bool?)reader!["applied"]).SingleOrDefault();

    private async Task<JsonObject> AskAsync(HttpClient http, string path, JsonNode? body = null)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Put, new Uri(topology.Dashboard, $"/client/v4/accounts/default/access/{path}"))
        {
            Content = body is null ? null : JsonContent.Create(body),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", topology.AdminToken);
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!.AsObject();
    }

    private static JsonObject Policy(string decision) => new()
    {
        ["name"] = "waited for", ["decision"] = decision, ["include"] = new JsonArray(new JsonObject { ["everyone"] = new JsonObject() }),
    };
}
