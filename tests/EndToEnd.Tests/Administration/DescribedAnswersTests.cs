using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Administration;

/// <summary>What Config asks other services for is answered as its OpenAPI document says, member by member; the rest is proven where Config is alone.</summary>
[Collection(TopologyCollection.Name)]
public sealed class DescribedAnswersTests(LocalTopology topology)
{
    private const string Prefix = "/client/v4/accounts/{account}/access/";
    private const string Email = "described@example.com";

    [Fact]
    public async Task AnswersOfEveryService_AreAsTheDocumentSays()
    {
        using var browser = new ScriptedBrowser(Email, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        await client.LoginAsync(browser);
        using var api = new HttpClient { BaseAddress = topology.Dashboard };
        api.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", topology.AdminToken);
        var document = JsonNode.Parse(await api.GetStringAsync("/client/v4/openapi.json"))!;

        var user = await FirstAsync("users", $"users?email={Email}");
        var grant = await FirstAsync("grants", $"grants?email={Email}&status=active");
        var application = (string)grant["application_id"]!;
        await AskAsync("users/{id}", $"users/{user["id"]}");
        var session = await FirstAsync("users/{id}/active_sessions", $"users/{user["id"]}/active_sessions");
        await AskAsync("users/{id}/active_sessions/{nonce}", $"users/{user["id"]}/active_sessions/{session["metadata"]!["nonce"]}");
        await AskAsync("users/{id}/last_seen_identity", $"users/{user["id"]}/last_seen_identity");
        await AskAsync("users/{id}/failed_logins", $"users/{user["id"]}/failed_logins");
        await AskAsync("grants/{id}", $"grants/{grant["id"]}");
        await FirstAsync("grants/{id}/events", $"grants/{grant["id"]}/events");
        await AskAsync("grants/summary", "grants/summary");
        await FirstAsync("oauth_clients", $"oauth_clients?app_id={application}");
        await AskAsync("oauth_clients/{clientId}", $"oauth_clients/{grant["client_id"]}");
        await FirstAsync("oauth_clients/{clientId}/events", $"oauth_clients/{grant["client_id"]}/events");
        await AskAsync("apps/{id}/refused_redirect_uris", $"apps/{application}/refused_redirect_uris");
        await AskAsync("apps/{id}/user_policy_checks", $"apps/{application}/user_policy_checks?email={Email}");
        await Eventually.Passes(() => FirstAsync("logs/access_requests", $"logs/access_requests?email={Email}&emailOp=eq"));
        await AskAsync("logs/scim/updates", "logs/scim/updates");
        await AskAsync("keys", "keys");
        var policy = ((await AskAsync("apps/{id}", $"apps/{application}"))["policies"]!.AsArray()[0]!["id"]!).ToString();
        var test = await AskAsync("policy-tests", "policy-tests", new JsonObject { ["policies"] = new JsonArray(policy) });
        await FirstAsync("policy-tests/{id}/users", $"policy-tests/{test["id"]}/users");
        await AskAsync("grants/{id}/revoke", $"grants/{grant["id"]}/revoke", []);
        await AskAsync("users/{id}/revoke", $"users/{user["id"]}/revoke", []);
        await AskAsync("oauth_clients/{clientId}/revoke", $"oauth_clients/{grant["client_id"]}/revoke", []);

        async Task<JsonNode> FirstAsync(string route, string path)
        {
            var items = (await AskAsync(route, path)).AsArray();
            Assert.True(items.Count > 0, $"{path} is empty");
            return items[0]!;
        }

        async Task<JsonNode> AskAsync(string route, string path, JsonObject? body = null)
        {
            using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, "/client/v4/accounts/default/access/" + path);
            request.Content = body is null ? null : new StringContent(body.ToJsonString(), null, "application/json");
            using var answer = await api.SendAsync(request);
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created, $"{path}: {answer.StatusCode} {text}");
            var shown = JsonNode.Parse(text)!;
            var schema = document["paths"]![Prefix + route]![body is null ? "get" : "post"]!["responses"]!["2XX"]!["content"]!["application/json"]!["schema"];
            var problems = SchemaCheck.Problems(document, schema, shown);
            Assert.True(problems.Count == 0, $"{path} answers what is not described:\n{string.Join('\n', problems.Take(20))}");
            return shown["result"]!;
        }
    }
}
