using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Api;

/// <summary>The errors that the original documents, by their number, text and place, asked for over HTTP.</summary>
[Collection(ConfigCollection.Name)]
public sealed class DocumentedErrorsTests(ConfigHost host)
{
    private const string Nobody = "5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11";

    /// <summary>Collections with the kind that an unknown object of theirs is said to be of.</summary>
    private static readonly (string Path, string Kind, string Id)[] s_collections =
    [
        ("access/apps", "application", Nobody), ("access/policies", "policy", Nobody), ("access/groups", "group", Nobody), ("access/identity_providers", "identity_provider", Nobody),
        ("access/service_tokens", "service_token", Nobody), ("access/custom_pages", "custom_page", Nobody), ("access/tags", "tag", "nowhere"), ("gateway/lists", "list", Nobody),
        ("access/ai-controls/mcp/servers", "mcp_server", "nowhere"), ("access/ai-controls/mcp/portals", "mcp_portal", "nowhere"),
    ];

    public static TheoryData<string, string, string> Unknown
    {
        get
        {
            var rows = new TheoryData<string, string, string>();
            foreach (var (path, kind, id) in s_collections)
            {
                rows.Add("GET", $"{path}/{id}", kind);
                rows.Add("PUT", $"{path}/{id}", kind);
                rows.Add("DELETE", $"{path}/{id}", kind);
            }

            foreach (var path in (string[])["apps/{0}/policies", "apps/{0}/settings", "apps/{0}/revoke_tokens"])
            {
                rows.Add(path.EndsWith("settings", StringComparison.Ordinal) ? "PUT" : path.EndsWith("tokens", StringComparison.Ordinal) ? "POST" : "GET", "access/" + path.Replace("{0}", Nobody, StringComparison.Ordinal), "application");
            }

            rows.Add("POST", $"access/service_tokens/{Nobody}/rotate", "service_token");
            rows.Add("POST", $"access/service_tokens/{Nobody}/refresh", "service_token");
            rows.Add("GET", $"access/policy-tests/{Nobody}", "policy_test");
            return rows;
        }
    }

    public static TheoryData<string, string> WrongPages
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var (path, _, _) in s_collections)
            {
                foreach (var query in (string[])["page=0", "per_page=0", "per_page=1001", "page=x", "per_page=-1"])
                {
                    rows.Add(path, query);
                }
            }

            return rows;
        }
    }

    public static TheoryData<string, string, string, string, string> Refused => new()
    {
        { "POST", "access/apps", """{"name":"x","domain":"x.errors.test"}""", "/type", "app type is missing or invalid" },
        { "POST", "access/apps", """{"type":"saas","name":"x","domain":"x.errors.test"}""", "/type", "app type is missing or invalid" },
        { "POST", "access/apps", """{"type":"self_hosted","name":"x","domain":"x.errors.test/path","oauth_configuration":{"enabled":true}}""", "/domain", "domain can not have a path if oauth is configured" },
        { "POST", "access/apps", """{"type":"self_hosted","name":"x","domain":"x.errors.test","tags":["nowhere"]}""", "/tags/0", "tags contain a tag that does not exist" },
        { "POST", "access/apps", """{"type":"self_hosted","name":"x","domain":"x.errors.test","cors_headers":{},"options_preflight_bypass":true}""", "/options_preflight_bypass", "" },
        { "POST", "access/apps", """{"type":"self_hosted","name":"x","domain":"x.errors.test","auto_redirect_to_identity":true}""", "/auto_redirect_to_identity", "exactly one of allowed_idps" },
        { "POST", "access/policies", "{}", "/name", "name is required" },
        { "POST", "access/policies", """{"name":"x","decision":"maybe","include":[{"everyone":{}}]}""", "/decision", "allow, deny, non_identity or bypass" },
        { "POST", "access/groups", "{}", "/include", "include needs at least one rule" },
        { "POST", "access/service_tokens", "{}", "/name", "name is required" },
        { "POST", "access/custom_pages", "{}", "/custom_html", "" },
        { "POST", "access/tags", "{}", "/name", "name is required" },
        { "POST", "access/policy-tests", "{}", "/policies", "policies needs at least one" },
        { "PUT", "access/keys", "{}", "/key_rotation_interval_days", "is required" },
        { "PUT", "access/keys", """{"key_rotation_interval_days":20}""", "/key_rotation_interval_days", "from 21 to 365" },
        { "PUT", "access/keys", """{"key_rotation_interval_days":366}""", "/key_rotation_interval_days", "from 21 to 365" },
        { "PUT", "access/keys", """{"key_rotation_interval_days":"30"}""", "/key_rotation_interval_days", "from 21 to 365" },
        { "POST", "access/organizations/revoke_user", "{}", "/email", "email is required" },
        { "POST", "access/organizations/revoke_user", """{"email":"bob"}""", "/email", "is no e-mail address" },
        { "POST", "access/organizations/revoke_user", """{"email":1}""", "/email", "email is a text" },
    };

    [Theory]
    [MemberData(nameof(Unknown))]
    public async Task Object_ThatThereIsNot_Is404ByItsKind(string method, string path, string kind)
    {
        var answer = await host.Api.Call(method, $"{ApiCalls.Account}/{path}", method is "PUT" ? """{"name":"x"}""" : method is "POST" ? "{}" : null);
        Assert.Equal(HttpStatusCode.NotFound, answer.Status);
        Assert.Equal($"access.api.error.unknown_{kind}", (string)Assert.Single(AssertEnvelope(answer))!["message"]!);
    }

    [Theory]
    [MemberData(nameof(WrongPages))]
    public async Task Page_ThatCannotBe_Is400(string path, string query)
    {
        var answer = await host.Api.Call("GET", $"{ApiCalls.Account}/{path}?{query}");
        Assert.Equal((HttpStatusCode.BadRequest, 12130), (answer.Status, (int)Assert.Single(AssertEnvelope(answer))!["code"]!));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public async Task Body_ThatCannotBe_Is12130WithThePlaceAndTheReason(string method, string path, string body, string pointer, string reason)
    {
        var answer = await host.Api.Call(method, $"{ApiCalls.Account}/{path}", body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        var error = Assert.Single(AssertEnvelope(answer), error => (string?)error!["source"]?["pointer"] == pointer)!;
        Assert.Equal(12130, (int)error["code"]!);
        Assert.StartsWith("access.api.error.invalid_request: ", (string)error["message"]!, StringComparison.Ordinal);
        Assert.Contains(reason, (string)error["message"]!, StringComparison.Ordinal);
    }

    private static JsonArray AssertEnvelope(ApiAnswer answer)
    {
        Assert.False((bool)answer.Body["success"]!);
        Assert.Null(answer.Result);
        Assert.Empty(answer.Body["messages"]!.AsArray());
        return answer.Body["errors"]!.AsArray();
    }
}
