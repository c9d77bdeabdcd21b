using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.ServiceTokens;

/// <summary>Tokens that end within a week are shown, listed and warned of.</summary>
public sealed class ExpiringTokenTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    private const string Tokens = ApiCalls.Access + "/service_tokens";
    private static readonly DateTimeOffset s_now = new(2026, 1, 10, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(true, 1, true)]
    [InlineData(true, 7 * 24, true)]
    [InlineData(true, (7 * 24) + 1, false)]
    [InlineData(true, 0, false)]
    [InlineData(true, -1, false)]
    [InlineData(false, 1, false)]
    public void AToken_IsSpokenOf_InItsLastWeek(bool enabled, int hours, bool expected)
        => Assert.Equal(expected, ExpiringTokens.Is(new ServiceToken { Id = Guid.NewGuid(), Name = "t", ClientId = "c", SecretHash = "", Duration = "24h", Enabled = enabled, ExpiresAt = s_now.AddHours(hours) }, s_now));

    [Fact]
    public async Task OneThatEndsSoon_IsOnTheOverview_InTheList_AndWarnedOfOnce()
    {
        var soon = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", Tokens, """{"name":"Ends soon","duration":"24h"}"""))["id"]!;
        await host.Api.Must(HttpStatusCode.Created, "POST", Tokens, """{"name":"Ends late"}""");
        Assert.Equal([soon], (await host.Api.Must(HttpStatusCode.OK, "GET", Tokens + "?expiring=true")).AsArray().Select(token => (string)token!["id"]!));
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        await browser.GetAsync("/");
        Assert.Contains($"/service-tokens/{soon}", browser.Page, StringComparison.Ordinal);
        await browser.GetAsync("/service-tokens");
        Assert.Contains("within a week", browser.Page, StringComparison.Ordinal);
        await browser.GetAsync("/service-tokens?expiring=true");
        Assert.DoesNotContain("Ends late", browser.Page, StringComparison.Ordinal);

        // The process may have looked by itself already; what is extended is no longer spoken of.
        var watch = host.Services.GetRequiredService<ExpiryWatch>();
        watch.Tell();
        Assert.Equal(0, watch.Tell());
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Tokens}/{soon}", """{"duration":"8760h"}""");
        await Eventually.Passes(async () => Assert.Empty((await host.Api.Must(HttpStatusCode.OK, "GET", Tokens + "?expiring=true")).AsArray()));
        await browser.GetAsync("/service-tokens");
        Assert.DoesNotContain("within a week", browser.Page, StringComparison.Ordinal);
    }
}
