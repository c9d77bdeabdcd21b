using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Api;

/// <summary>
/// What a declarative client (Terraform and the like) needs to see no difference after it applied: create, read, the same PUT again, another PUT, read,
/// delete. What was written comes back as it was written, and reading shows what writing answered.
/// </summary>
[Collection(ConfigCollection.Name)]
public sealed class ReadAfterWriteTests(ConfigHost host)
{
    // What every change may change.
    // How the reading of an MCP server goes is found out meanwhile.
    private static readonly string[] s_ofTheServer = ["updated_at", "version", "status", "error", "error_details", "last_synced", "last_successful_sync"];

    /// <summary>Kind, path, what is created, what it is changed to, the member that addresses it, and members that are written and never read.</summary>
    public static TheoryData<string, string, string, string, string, string> Kinds => new()
    {
        {
            "application", "apps",
            """
            {"type":"self_hosted","name":"N","domain":"N.declared.test","session_duration":"24h","app_launcher_visible":true,"auto_redirect_to_identity":false,
             "http_only_cookie_attribute":true,"enable_binding_cookie":false,"options_preflight_bypass":false,"skip_interstitial":true,"service_auth_401_redirect":true,"allowed_idps":[],
             "cors_headers":{"allowed_methods":["GET","OPTIONS"],"allowed_origins":["https://example.com"],"allow_credentials":true,"max_age":10},
             "destinations":[{"type":"public","uri":"N.declared.test"},{"type":"public","uri":"N2.declared.test"}],
             "policies":[{"name":"inline","decision":"allow","include":[{"email_domain":{"domain":"example.com"}}]}],
             "oauth_configuration":{"enabled":true,"dynamic_client_registration":{"enabled":true,"allow_any_on_localhost":true,"allow_any_on_loopback":false,"allowed_uris":["https://example.com/*"]},
              "grant":{"access_token_lifetime":"5m","session_duration":"24h"}}}
            """,
            """
            {"type":"self_hosted","name":"N changed","domain":"N.declared.test","session_duration":"12h","custom_deny_url":"https://example.com/no","same_site_cookie_attribute":"lax",
             "destinations":[{"type":"public","uri":"N.declared.test"}]}
            """,
            "id", ""
        },
        {
            "policy", "policies",
            """{"name":"N","decision":"allow","include":[{"email":{"email":"a@example.com"}},{"ip":{"ip":"192.0.2.0/24"}}],"exclude":[{"email_domain":{"domain":"evil.test"}}],"session_duration":"6h"}""",
            """{"name":"N changed","decision":"deny","include":[{"everyone":{}}],"require":[{"auth_method":{"auth_method":"hwk"}}]}""",
            "id", ""
        },
        { "group", "groups", """{"name":"N","include":[{"email_domain":{"domain":"example.com"}}],"require":[{"ip":{"ip":"2001:db8::/32"}}]}""", """{"name":"N changed","include":[{"everyone":{}}]}""", "id", "" },
        {
            "oidc", "identity_providers",
            """
            {"name":"N","type":"oidc","config":{"client_id":"c","client_secret":"s","auth_url":"https://idp.example/a","token_url":"https://idp.example/t","certs_url":"https://idp.example/c",
             "claims":["groups"],"scopes":["openid","email"],"email_claim_name":"mail","pkce_enabled":true}}
            """,
            """{"name":"N changed","type":"oidc","config":{"client_id":"c","client_secret":"s","auth_url":"https://idp.example/a","token_url":"https://idp.example/t","certs_url":"https://idp.example/c","pkce_enabled":false}}""",
            "id", "client_secret"
        },
        { "github", "identity_providers", """{"name":"N","type":"github","config":{"client_id":"c","client_secret":"s"}}""", """{"name":"N changed","type":"github","config":{"client_id":"d","client_secret":"t"}}""", "id", "client_secret" },
        { "service token", "service_tokens", """{"name":"N","duration":"8760h"}""", """{"name":"N changed","duration":"8760h"}""", "id", "client_secret" },
        { "custom page", "custom_pages", """{"name":"N","type":"forbidden","custom_html":"<p>\n\tNo ü</p>"}""", """{"name":"N changed","type":"forbidden","custom_html":"<p>No</p>"}""", "uid", "" },
        { "tag", "tags", """{"name":"N"}""", """{"name":"N"}""", "name", "" },
        { "mcp server", "ai-controls/mcp/servers", """{"id":"N","name":"N","hostname":"https://mcp.invalid/mcp","auth_type":"bearer","auth_credentials":"secret"}""", """{"name":"N changed","hostname":"https://mcp.invalid/mcp","auth_type":"bearer","auth_credentials":"secret"}""", "id", "auth_credentials" },
        { "mcp portal", "ai-controls/mcp/portals", """{"id":"N","name":"N","hostname":"N.portal.test","description":"d"}""", """{"name":"N changed","hostname":"N.portal.test","description":"e"}""", "id", "" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task WhatIsWritten_IsRead_SoThatNothingDiffers(string kind, string path, string body, string changed, string key, string secrets)
    {
        var unique = $"d{Guid.NewGuid():N}"[..12];
        (body, changed) = (Named(body, unique), Named(changed, unique));
        var created = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/{path}", body);
        var address = $"{Access}/{path}/{created[key]}";
        AssertSays(created, body, secrets, kind);
        await AssertReadsAsync(address, created, secrets);

        // Applied again: nothing changes, and no version is made of it.
        var version = (await host.Api.Must(HttpStatusCode.OK, "GET", address))["version"]?.ToJsonString();
        var again = await host.Api.Must(HttpStatusCode.OK, "PUT", address, WithKnownIds(body, created));
        AssertSays(again, body, secrets, kind);
        await AssertReadsAsync(address, again, secrets);
        Assert.Equal(version, (await host.Api.Must(HttpStatusCode.OK, "GET", address))["version"]?.ToJsonString());

        var put = await host.Api.Must(HttpStatusCode.OK, "PUT", address, changed);
        AssertSays(put, changed, secrets, kind);
        await AssertReadsAsync(address, put, secrets);
        Assert.True((int)(await host.Api.Call("DELETE", address)).Status is >= 200 and < 300);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("GET", address)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("DELETE", address)).Status);
    }

    private static string Named(string body, string unique) => body.Replace("\"N", $"\"{unique}", StringComparison.Ordinal);

    // A policy inside an application has an id after the first answer, and a client sends it back.
    private static string WithKnownIds(string body, JsonNode created)
    {
        var node = JsonNode.Parse(body)!;
        if (node["policies"] is JsonArray policies)
        {
            foreach (var (policy, known) in policies.Zip(created["policies"]!.AsArray()))
            {
                policy!["id"] = known!["id"]!.DeepClone();
            }
        }

        return node.ToJsonString();
    }

    private async Task AssertReadsAsync(string address, JsonNode answered, string secrets)
    {
        var read = await host.Api.Must(HttpStatusCode.OK, "GET", address);
        foreach (var (member, value) in read.AsObject().Where(member => !s_ofTheServer.Contains(member.Key) && member.Key != secrets))
        {
            Assert.True(JsonNode.DeepEquals(value, answered[member]), $"{address} {member}: read {value?.ToJsonString()}, answered {answered[member]?.ToJsonString()}");
        }
    }

    [Fact]
    public async Task A09_WriteAtOneReplica_IsThereForTheNextRequestAtAnother()
    {
        using var other = await host.AddReplicaAsync();
        for (var round = 0; round < 4; round++)
        {
            var (here, there) = round % 2 == 0 ? (host.Api, other) : (other, host.Api);
            var name = $"replicated {Guid.NewGuid():N}"[..30];
            await here.Must(HttpStatusCode.Created, "POST", $"{Access}/tags", $$"""{"name":"{{name}}"}""");
            await there.Must(HttpStatusCode.OK, "GET", $"{Access}/tags/{Uri.EscapeDataString(name)}");
            var app = (string)(await here.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", $$"""{"type":"self_hosted","name":"{{name}}","domain":"r{{Guid.NewGuid():N}}.declared.test"}"""))["id"]!;
            var policy = (string)(await there.Must(HttpStatusCode.OK, "POST", $"{Access}/apps/{app}/policies", """{"name":"own","decision":"allow","include":[{"everyone":{}}]}"""))["id"]!;
            Assert.Single((await here.Must(HttpStatusCode.OK, "GET", $"{Access}/apps/{app}/policies")).AsArray());
            await here.Must(HttpStatusCode.OK, "PUT", $"{Access}/apps/{app}/policies/{policy}", """{"name":"own too","decision":"allow","include":[{"everyone":{}}]}""");
            Assert.Single((await there.Must(HttpStatusCode.OK, "GET", $"{Access}/apps?name={Uri.EscapeDataString(name)}")).AsArray());
            var token = await other.Must(HttpStatusCode.Created, "POST", $"{Account}/tokens", """{"name":"replicated","permissions":["read"]}""");
            using var mine = host.With((string)token["value"]!);
            await mine.Must(HttpStatusCode.OK, "GET", $"{Account}/tokens/verify");
        }
    }

    // Every member that was written stands in the answer with the same value; what was not written may be there too.
    private static void AssertSays(JsonNode answer, string body, string secrets, string where)
    {
        foreach (var (member, value) in JsonNode.Parse(body)!.AsObject().Where(member => member.Key != secrets))
        {
            AssertSays(answer[member], value, secrets, $"{where} {member}");
        }
    }

    private static void AssertSays(JsonNode? answered, JsonNode? written, string secrets, string where)
    {
        switch (written)
        {
            case JsonObject members:
                foreach (var (member, value) in members.Where(member => member.Key != secrets))
                {
                    AssertSays(answered?[member], value, secrets, $"{where}.{member}");
                }

                break;
            case JsonArray items:
                Assert.True(answered is JsonArray same && same.Count == items.Count, $"{where}: {answered?.ToJsonString()}");
                foreach (var (item, index) in items.Select((item, index) => (item, index)))
                {
                    AssertSays(answered![index], item, secrets, $"{where}[{index}]");
                }

                break;
            default:
                Assert.True(JsonNode.DeepEquals(answered, written), $"{where}: written {written?.ToJsonString()}, answered {answered?.ToJsonString()}");
                break;
        }
    }
}
