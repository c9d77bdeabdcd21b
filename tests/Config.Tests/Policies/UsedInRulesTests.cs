using System.Net;
using ManagedOAuth.Config.Tests.Support;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Policies;

/// <summary>What a rule names stays as long as the rule: else the policy could not be saved again, nor an export of it applied.</summary>
[Collection(ConfigCollection.Name)]
public sealed class UsedInRulesTests(ConfigHost host)
{
    [Fact]
    public async Task ServiceToken_ThatARuleNames_IsNotRemoved()
    {
        var token = await MadeAsync("service_tokens", """{"name":"named by a rule"}""");
        var policy = await MadeAsync("policies", $$$"""{"name":"Machines","decision":"non_identity","include":[{"service_token":{"token_id":"{{{token}}}"}}]}""");
        Assert.Contains("the policy Machines", await ConflictAsync($"service_tokens/{token}"), StringComparison.Ordinal);
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/policies/{policy}");
        Assert.True((await host.Api.Call("DELETE", $"{Access}/service_tokens/{token}")).Status is HttpStatusCode.OK or HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Application_ThatARuleNames_IsNotRemoved_ButItsOwnRulesDoNotKeepIt()
    {
        var linked = await MadeAsync("apps", """{"type":"self_hosted","name":"Linked","domain":"linked.rules.test"}""");
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/apps/{linked}/policies", $$$"""{"name":"Itself","decision":"non_identity","include":[{"linked_app_token":{"app_uid":"{{{linked}}}"}}]}""");
        var other = await MadeAsync("apps", $$$"""
            {"type":"self_hosted","name":"Other","domain":"other.rules.test","policies":[{"name":"By a link","decision":"non_identity","include":[{"linked_app_token":{"app_uid":"{{{linked}}}"}}]}]}
            """);
        Assert.Contains("the policy By a link", await ConflictAsync($"apps/{linked}"), StringComparison.Ordinal);
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/apps/{other}");
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/apps/{linked}");
    }

    private async Task<string> MadeAsync(string kind, string body) => (string)(await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/{kind}", body))["id"]!;

    private async Task<string> ConflictAsync(string path)
    {
        var answer = await host.Api.Call("DELETE", $"{Access}/{path}");
        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
        return answer.Body.ToJsonString();
    }
}
