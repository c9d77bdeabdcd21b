using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Grpc.Core;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace ManagedOAuth.Config.Tests.IdentityProviders;

[Collection(ConfigCollection.Name)]
public sealed class IdentityProviderTests(ConfigHost host)
{
    private const string Path = "/client/v4/accounts/default/access/identity_providers";
    private const string Secret = "canary-secret-7f3a";

    [Fact]
    public async Task Oidc_AsTheOriginalsClientsSendIt_IsKeptAndItsSecretNeverShown()
    {
        var created = await OkAsync(await host.Api.PostAsJsonAsync(Path, Explicit()));
        var id = (string)created["id"]!;
        Assert.Equal("oidc", (string?)created["type"]);
        Assert.Equal("https://idp.example/authorize", (string?)created["config"]!["auth_url"]);
        Assert.Equal(["openid", "email", "offline_access"], created["config"]!["scopes"]!.AsArray().Select(scope => (string?)scope));
        foreach (var answer in new[] { created.ToJsonString(), await host.Api.GetStringAsync($"{Path}/{id}"), await host.Api.GetStringAsync(Path) })
        {
            Assert.DoesNotContain(Secret, answer, StringComparison.Ordinal);
            Assert.DoesNotContain("sealed", answer, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Secret_ReachesAuthorizationServerAlone()
    {
        var id = (string)(await OkAsync(await host.Api.PostAsJsonAsync(Path, Explicit())))["id"]!;
        Assert.Contains($"\"client_secret\":\"{Secret}\"", await FeedJsonAsync("authorization-server", id), StringComparison.Ordinal);
        foreach (var other in new[] { "edge", "token" })
        {
            var json = await FeedJsonAsync(other, id);
            Assert.DoesNotContain("config", json, StringComparison.Ordinal);
            Assert.DoesNotContain("sealed", json, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Scim_SecretIsShownOnce_KeptAsAHash_AndRenewed()
    {
        // Made by whichever test needs it first; the answer does not matter.
        using var made = await host.Api.PostAsJsonAsync("/client/v4/accounts/default/access/organizations", new { name = "Team", auth_domain = "team.test" });
        var body = Explicit();
        body["scim_config"] = new JsonObject { ["enabled"] = true, ["identity_update_behavior"] = "reauth" };
        var created = await OkAsync(await host.Api.PostAsJsonAsync(Path, body));
        var (id, secret) = ((string)created["id"]!, (string)created["scim_config"]!["secret"]!);
        Assert.StartsWith("mo_scim_", secret, StringComparison.Ordinal);
        Assert.EndsWith($"/cdn-cgi/access/scim/v2/{id}", (string?)created["scim_config"]!["scim_base_url"], StringComparison.Ordinal);
        Assert.Equal(("reauth", true), ((string?)created["scim_config"]!["identity_update_behavior"], (bool?)created["scim_config"]!["user_deprovision"]));
        var shown = await host.Api.GetStringAsync($"{Path}/{id}");
        Assert.DoesNotContain(secret, shown, StringComparison.Ordinal);
        Assert.DoesNotContain("secret_hash", shown, StringComparison.Ordinal);
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret)));
        Assert.Contains(hash, await FeedJsonAsync("authorization-server", id), StringComparison.Ordinal);
        Assert.DoesNotContain("scim_config", await FeedJsonAsync("token", id), StringComparison.Ordinal);
        Assert.DoesNotContain("scim_config", await FeedJsonAsync("edge", id), StringComparison.Ordinal);

        // A change of something else makes no new secret; only asking for one does.
        body["name"] = "Renamed";
        Assert.False((await OkAsync(await host.Api.PutAsJsonAsync($"{Path}/{id}", body)))["scim_config"]!.AsObject().ContainsKey("secret"));
        var renewed = await OkAsync(await host.Api.PostAsync($"{Path}/{id}/refresh_scim_secret", null));
        Assert.NotEqual(secret, (string?)renewed["secret"]);

        // The channel is to the replica that was started last, which may be another than the one that was asked.
        await Eventually.Async(async () => !(await FeedJsonAsync("authorization-server", id)).Contains(hash, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"name":"PIN","type":"onetimepin","config":{},"scim_config":{"enabled":true}}""", "/scim_config/enabled")]
    [InlineData("""{"name":"x","type":"oidc","scim_config":{"enabled":true,"user_deprovision":false,"seat_deprovision":true}}""", "/scim_config/seat_deprovision")]
    [InlineData("""{"name":"x","type":"oidc","scim_config":{"identity_update_behavior":"perhaps"}}""", "/scim_config/identity_update_behavior")]
    [InlineData("""{"name":"x","type":"oidc","scim_config":"yes"}""", "/scim_config")]
    public async Task Scim_SettingsThatMakeNoSense_AreRefused(string json, string pointer)
    {
        var refused = await host.Api.PostAsync(Path, new StringContent(json, System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains($"\"pointer\":\"{pointer}\"", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replace_WithoutTheSecret_KeepsItUnlessItWouldGoElsewhere()
    {
        var id = (string)(await OkAsync(await host.Api.PostAsJsonAsync(Path, Explicit())))["id"]!;
        var renamed = Explicit();
        renamed["name"] = "Renamed";
        renamed["config"]!.AsObject().Remove("client_secret");
        await OkAsync(await host.Api.PutAsJsonAsync($"{Path}/{id}", renamed));
        Assert.Contains(Secret, await FeedJsonAsync("authorization-server", id), StringComparison.Ordinal);

        renamed["config"]!["token_url"] = "https://thief.example/token";
        var refused = await host.Api.PutAsJsonAsync($"{Path}/{id}", renamed);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("given again", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        renamed["config"]!["client_secret"] = "another";
        await OkAsync(await host.Api.PutAsJsonAsync($"{Path}/{id}", renamed));
        var json = await FeedJsonAsync("authorization-server", id, "another");
        Assert.DoesNotContain(Secret, json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Replace_WithAnotherType_IsRefused()
    {
        var id = (string)(await OkAsync(await host.Api.PostAsJsonAsync(Path, Explicit())))["id"]!;
        var answer = await host.Api.PutAsJsonAsync($"{Path}/{id}", Body("github", """{"client_id":"c","client_secret":"s"}"""));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("""{"client_secret":"s","issuer_url":"https://idp.example"}""", "/config/client_id")]
    [InlineData("""{"client_id":"c","client_secret":"s"}""", "/config/issuer_url")]
    [InlineData("""{"client_id":"c","client_secret":"s","auth_url":"https://idp.example/a"}""", "/config/token_url")]
    [InlineData("""{"client_id":"c","issuer_url":"https://idp.example"}""", "/config/client_secret")]
    [InlineData("""{"client_id":"c","client_secret":"s","issuer_url":"http://idp.example"}""", "/config/issuer_url")]
    [InlineData("""{"client_id":"c","client_secret":"s","issuer_url":"https://169.254.169.254/"}""", "/config/issuer_url")]
    [InlineData("""{"client_id":"c","client_secret":"s","issuer_url":"https://user:pw@idp.example"}""", "/config/issuer_url")]
    [InlineData("""{"client_id":"c","client_secret":"s","issuer_url":"https://idp.example","token_endpoint_auth_method":"tls"}""", "/config/token_endpoint_auth_method")]
    [InlineData("""{"client_id":"c","private_key":"no key","issuer_url":"https://idp.example"}""", "/config/private_key")]
    [InlineData("""{"client_id":"c","client_secret":"s","issuer_url":"https://idp.example","token_endpoint_auth_method":"private_key_jwt"}""", "/config/private_key")]
    [InlineData("""{"client_id":"c","client_secret":"s","issuer_url":"https://idp.example","authorization_parameters":{"nonce":"x"}}""", "/config/authorization_parameters/nonce")]
    [InlineData("""{"client_id":"c","client_secret":"s","issuer_url":"https://idp.example","scopes":["a b"]}""", "/config/scopes")]
    public async Task Oidc_WithAFault_IsRefusedAtTheField(string config, string pointer)
    {
        var answer = await host.Api.PostAsJsonAsync(Path, Body("oidc", config));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var errors = (await ConfigHost.ReadAsync(answer))["errors"]!.AsArray();
        Assert.Contains(errors, error => (string?)error!["source"]?["pointer"] == pointer);
        Assert.DoesNotContain("no key", errors.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Type_ThatCannotLogAnybodyIn_IsRefusedWithWhatToDo()
    {
        var answer = await host.Api.PostAsJsonAsync(Path, Body("saml", "{}"));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("oidc", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task GitHub_KnowsWhereItsApiIs()
    {
        var created = await OkAsync(await host.Api.PostAsJsonAsync(Path, Body("github", """{"client_id":"c","client_secret":"s"}""")));
        Assert.Equal("https://api.github.com", (string?)created["config"]!["api_url"]);
        var enterprise = await OkAsync(await host.Api.PostAsJsonAsync(Path, Body("github", """{"client_id":"c","client_secret":"s","base_url":"https://git.example/"}""")));
        Assert.Equal(("https://git.example", "https://git.example/api/v3"), ((string?)enterprise["config"]!["base_url"], (string?)enterprise["config"]!["api_url"]));
    }

    [Fact]
    public async Task Removal_IsToldToThoseWhoHoldItsGrantsAndSessions_AndTouchesTheApplicationsThatAllowAny()
    {
        var (id, kept) = ((string)(await host.Api.Must(HttpStatusCode.Created, "POST", Path, Explicit().ToJsonString()))["id"]!,
            (string)(await host.Api.Must(HttpStatusCode.Created, "POST", Path, Explicit().ToJsonString()))["id"]!);
        var before = await TouchedAsync("DELETE", $"{Path}/{id}");
        await ApplicationAsync("any", "[]");
        await ApplicationAsync("other", $"[\"{kept}\"]");
        Assert.Equal(before + 1, await TouchedAsync("DELETE", $"{Path}/{id}"));

        // A change of it, and making one, ends nothing.
        Assert.Equal((0, 0), (await TouchedAsync("POST", Path, Explicit()), await TouchedAsync("PUT", $"{Path}/{id}", Explicit())));

        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Path}/{id}");
        await host.QueuedAsync("token", "provider_removed", id);
        await host.QueuedAsync("authorization-server", "provider_removed", id);
    }

    [Fact]
    public async Task Removal_OfAProviderThatHasBeenRestored_IsToldWithItsTime()
    {
        var id = Guid.Parse((string)(await host.Api.Must(HttpStatusCode.Created, "POST", Path, Explicit().ToJsonString()))["id"]!);
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Path}/{id}");
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{Path}/{id}/versions/1/restore");
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var removedAt = (await session.Events.FetchStreamAsync(id))[1].Timestamp;
        var log = host.Services.GetRequiredService<ConfigurationLog>();
        var (removal, restored) = (new ConfigurationChanged("identity_provider", id, 2), new ConfigurationChanged("identity_provider", id, 3));
        foreach (var told in (OutgoingMessages[])
            [await ConfigurationChangedHandler.Handle(removal, log, session, default), await ConfigurationChangedHandler.Handle(new ConfigurationsChanged([removal, restored]), log, session, default)])
        {
            var message = Assert.IsType<ProviderRemoved>(Assert.Single(told));
            Assert.Equal((id, removedAt), (message.ProviderId, message.At));
        }

        Assert.Empty(await ConfigurationChangedHandler.Handle(restored, log, session, default));
    }

    private async Task<int> TouchedAsync(string method, string path, JsonObject? body = null)
        => (int)(await host.Api.Call(method, path + "?dry_run=true", body?.ToJsonString())).Info["touches"]!["application_count"]!;

    private Task<JsonNode> ApplicationAsync(string name, string allowed) => host.Api.Must(
        HttpStatusCode.Created,
        "POST",
        $"{ApiCalls.Access}/apps",
        $$"""{"type":"self_hosted","name":"{{name}}","domain":"{{name}}-{{Guid.NewGuid():N}}.test","allowed_idps":{{allowed}} }""");

    private static JsonObject Explicit() => Body("oidc", $$"""
        {"client_id":"c","client_secret":"{{Secret}}","auth_url":"https://idp.example/authorize","token_url":"https://idp.example/token","certs_url":"https://idp.example/jwks",
         "claims":["department"],"email_claim_name":"mail","scopes":["openid","email","offline_access"],"pkce_enabled":true}
        """);

    private static JsonObject Body(string type, string config) => new() { ["name"] = $"{type} {Guid.NewGuid():N}", ["type"] = type, ["config"] = JsonNode.Parse(config) };

    private static async Task<JsonObject> OkAsync(HttpResponseMessage answer)
    {
        var body = await ConfigHost.ReadAsync(answer);
        Assert.True(answer.IsSuccessStatusCode, body.ToJsonString());
        return body["result"]!.AsObject();
    }

    private async Task<string> FeedJsonAsync(string caller, string id, string containing = "")
    {
        var headers = new Metadata { { "x-managedoauth-service", host.CredentialOf(caller) } };
        using var call = new ConfigFeed.ConfigFeedClient(host.Grpc).Watch(new WatchRequest(), headers, deadline: DateTime.UtcNow.AddMinutes(2));
        while (await call.ResponseStream.MoveNext(default))
        {
            if (call.ResponseStream.Current.Entries.FirstOrDefault(entry => entry.Id == id) is { } entry && entry.Json.ToStringUtf8().Contains(containing, StringComparison.Ordinal))
            {
                return entry.Json.ToStringUtf8();
            }
        }

        throw new InvalidOperationException("The feed ended.");
    }
}
