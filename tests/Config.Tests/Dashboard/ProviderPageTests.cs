using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedOAuth.Config.Dashboard.Pages.IdentityProviders;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>The pages of an identity provider: every setting of OpenID Connect, provisioning and its secret.</summary>
public sealed partial class ProviderPageTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    private const string Providers = ApiCalls.Access + "/identity_providers";

    [Fact]
    public void Parameters_AreLines_AndWhatIsNoneStaysInTheForm()
    {
        var draft = new Draft();
        Assert.True(AuthorizationParameters.TryTake(draft, McpServerPageTests.Form((AuthorizationParameters.Pointer, "prompt=consent\r\n claims = a=b \n\n"))));
        Assert.Equal("""{"prompt":"consent","claims":"a=b"}""", draft.Value["config"]!["authorization_parameters"]!.ToJsonString());
        Assert.Equal("prompt=consent\nclaims=a=b", AuthorizationParameters.Lines(draft));
        Assert.False(AuthorizationParameters.TryTake(draft, McpServerPageTests.Form((AuthorizationParameters.Pointer, "prompt=login\nnonsense"))));
        Assert.Equal("prompt=login\nnonsense", AuthorizationParameters.Lines(draft));
        Assert.Contains("nonsense", draft.Error(AuthorizationParameters.Pointer), StringComparison.Ordinal);
        Assert.False(AuthorizationParameters.TryTake(draft, McpServerPageTests.Form((AuthorizationParameters.Pointer, "a=1\na=2"))));
    }

    [Fact]
    public async Task AnOidcProvider_IsMadeWithAKey_WhichIsNeverShownBack()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var pem = key.ExportPkcs8PrivateKeyPem();
        var canary = pem.Split('\n')[1];
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        await browser.GetAsync("/identity-providers/new?type=oidc");
        var fields = new Dictionary<string, string>
        {
            ["/type"] = "oidc", ["/name"] = "Keyed", ["/config/client_id"] = "us", ["/config/issuer_url"] = "https://keyed.example", ["/config/scopes"] = "openid", ["/config/pkce_enabled"] = "true",
            ["/config/token_endpoint_auth_method"] = "private_key_jwt", ["/config/private_key"] = pem.Replace("\n", "\r\n", StringComparison.Ordinal), ["/config/private_key_id"] = "k1",
            ["/config/userinfo_url"] = "https://keyed.example/me", ["/config/end_session_url"] = "https://keyed.example/out", [AuthorizationParameters.Pointer] = "state=mine", ["action"] = "save",
        };
        using var refused = await browser.PostAsync("/identity-providers/new", fields);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("state is set by the login itself", browser.Page, StringComparison.Ordinal);
        Assert.DoesNotContain(canary, browser.Page, StringComparison.Ordinal);
        using var looked = await browser.PostAsync("/identity-providers/new", new(fields) { [AuthorizationParameters.Pointer] = "prompt=consent", ["action"] = "preview" });
        Assert.Contains("$PRIVATE_KEY", WebUtility.HtmlDecode(browser.Page), StringComparison.Ordinal);
        Assert.DoesNotContain(canary, browser.Page, StringComparison.Ordinal);
        using var made = await browser.PostAsync("/identity-providers/new", new(fields) { [AuthorizationParameters.Pointer] = "prompt=consent" });
        Assert.Equal(HttpStatusCode.SeeOther, made.StatusCode);
        var page = made.Headers.Location!.ToString();
        await browser.GetAsync(page);
        Assert.DoesNotContain(canary, browser.Page, StringComparison.Ordinal);
        Assert.Contains("prompt=consent", browser.Page, StringComparison.Ordinal);

        // Saved as it stands, nothing is lost: neither the key nor anything else.
        using var saved = await browser.PostAsync(page, new(fields) { ["/config/private_key"] = "", ["/config/private_key_id"] = "k2", [AuthorizationParameters.Pointer] = "", ["action"] = "confirm", ["etag"] = McpServerPageTests.ETag(browser.Page) });
        Assert.Equal(HttpStatusCode.SeeOther, saved.StatusCode);
        var config = (await host.Api.Must(HttpStatusCode.OK, "GET", $"{Providers}/{page.Split('/')[^1]}"))["config"]!;
        Assert.Equal(
            ("private_key_jwt", "k2", "https://keyed.example/me", "https://keyed.example/out", 0),
            ((string?)config["token_endpoint_auth_method"], (string?)config["private_key_id"], (string?)config["userinfo_url"], (string?)config["end_session_url"], (config["authorization_parameters"] as JsonObject)?.Count ?? 0));
    }

    [Fact]
    public async Task Provisioning_IsTurnedOn_AndItsSecretShownOnce()
    {
        await host.Api.PostAsync($"{ApiCalls.Access}/organizations", JsonContentOf(new JsonObject { ["name"] = "Team", ["auth_domain"] = "team.test" }));
        var body = new JsonObject { ["name"] = "Directory", ["type"] = "oidc", ["config"] = new JsonObject { ["client_id"] = "us", ["client_secret"] = "canary-secret", ["issuer_url"] = "https://directory.example" } };
        var id = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", Providers, body.ToJsonString()))["id"]!;
        var page = $"/identity-providers/{id}/scim";
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        await browser.GetAsync(page);
        Assert.DoesNotContain("scim-base-url", browser.Page, StringComparison.Ordinal);
        var fields = new Dictionary<string, string> { ["/scim_config/enabled"] = "true", ["/scim_config/seat_deprovision"] = "true", ["/scim_config/identity_update_behavior"] = "reauth", ["etag"] = McpServerPageTests.ETag(browser.Page), ["action"] = "save" };
        using var refused = await browser.PostAsync(page, fields);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("seat_deprovision needs user_deprovision", browser.Page, StringComparison.Ordinal);
        using var looked = await browser.PostAsync(page, new(fields) { ["/scim_config/user_deprovision"] = "true", ["action"] = "preview" });
        Assert.Equal(HttpStatusCode.OK, looked.StatusCode);
        Assert.DoesNotMatch(SecretText(), browser.Page);
        using var on = await browser.PostAsync(page, new(fields) { ["/scim_config/user_deprovision"] = "true" });
        Assert.Equal(HttpStatusCode.OK, on.StatusCode);
        var first = SecretText().Match(browser.Page).Value;
        Assert.NotEmpty(first);
        Assert.Contains($"/cdn-cgi/access/scim/v2/{id}", browser.Page, StringComparison.Ordinal);
        Assert.False(on.Headers.TryGetValues("Set-Cookie", out var cookies) && cookies.Any(cookie => cookie.Contains("Flash", StringComparison.Ordinal)));

        await browser.GetAsync(page);
        Assert.DoesNotMatch(SecretText(), browser.Page);
        Assert.Contains("id=\"scim-base-url\"", browser.Page, StringComparison.Ordinal);
        Assert.Equal("reauth", (string?)(await host.Api.Must(HttpStatusCode.OK, "GET", $"{Providers}/{id}"))["scim_config"]!["identity_update_behavior"]);
        await browser.GetAsync($"{page}/secret");
        Assert.Contains("refused at once", browser.Page, StringComparison.Ordinal);
        Assert.Contains($"access/identity_providers/{id}/refresh_scim_secret", browser.Page, StringComparison.Ordinal);
        using var renewed = await browser.PostAsync($"{page}/secret", []);
        Assert.Equal(HttpStatusCode.OK, renewed.StatusCode);
        Assert.Matches(SecretText(), browser.Page);
        Assert.DoesNotContain(first, browser.Page, StringComparison.Ordinal);

        // A change of something else keeps the secret and shows none.
        await browser.GetAsync(page);
        using var saved = await browser.PostAsync(page, new(fields) { ["/scim_config/user_deprovision"] = "true", ["/scim_config/identity_update_behavior"] = "no_action", ["etag"] = McpServerPageTests.ETag(browser.Page) });
        Assert.Equal((HttpStatusCode.SeeOther, page), (saved.StatusCode, saved.Headers.Location!.ToString()));

        // What was provisioned is the authorization server's, which is away.
        foreach (var what in (string[])["users", "groups", "updates"])
        {
            using var away = await browser.GetAsync($"{page}/{what}");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, away.StatusCode);
            Assert.Contains("the authorization server", browser.Page, StringComparison.Ordinal);
        }

        using var wrong = await browser.GetAsync($"{page}/updates?since=yesterday");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("since is a time", browser.Page, StringComparison.Ordinal);
        using var nothing = await browser.GetAsync($"/identity-providers/{Guid.NewGuid()}/scim/users");
        Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
    }

    [Fact]
    public async Task ASecretForAProviderThatProvisionsNobody_IsRefusedWithItsReason()
    {
        var body = new JsonObject { ["name"] = "Quiet", ["type"] = "github", ["config"] = new JsonObject { ["client_id"] = "us", ["client_secret"] = "canary-secret" } };
        var id = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", Providers, body.ToJsonString()))["id"]!;
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        await browser.GetAsync($"/identity-providers/{id}/scim/secret");
        using var refused = await browser.PostAsync($"/identity-providers/{id}/scim/secret", []);
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Contains("scim_config.enabled is off", browser.Page, StringComparison.Ordinal);
    }

    private static StringContent JsonContentOf(JsonObject body) => new(body.ToJsonString(), System.Text.Encoding.UTF8, "application/json");

    [GeneratedRegex("mo_scim_[A-Za-z0-9_-]{20,}")]
    private static partial Regex SecretText();
}
