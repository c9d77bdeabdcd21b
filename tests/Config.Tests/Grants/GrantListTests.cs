using System.Net;
using System.Text.Json.Nodes;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Config.Dashboard.Pages.Grants;
using ManagedOAuth.Config.Grants;
using ManagedOAuth.Config.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.Config.Tests.Grants;

/// <summary>What the API and the page of grants take, while the service that owns the grants is away.</summary>
[Collection(ConfigCollection.Name)]
public sealed class GrantListTests(ConfigHost host)
{
    private static string Tomorrow => DateTimeOffset.UtcNow.AddDays(1).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", null);

    [Theory]
    [InlineData("?at=yesterday", "at is a time (RFC 3339)")]
    [InlineData("?since=1", "since is a time (RFC 3339)")]
    [InlineData("?until=soon", "until is a time (RFC 3339)")]
    [InlineData("?at=2026-01-01T00:00:00Z&per_page=101", "a page (per_page) has 100 at most")]
    [InlineData("?at=2026-01-01T00:00:00Z&status=ended", "cannot be ended")]
    [InlineData("?at={tomorrow}", "at is in the future")]
    [InlineData("/{id}?at={tomorrow}", "at is in the future")]
    [InlineData("/{id}?at=x", "at is a time (RFC 3339)")]
    public async Task ATimeThatThereIsNot_IsRefusedWithWhatToDo(string query, string reason)
    {
        var answer = await host.Api.Call("GET", $"{ApiCalls.Access}/grants{query.Replace("{tomorrow}", Tomorrow, StringComparison.Ordinal).Replace("{id}", Guid.NewGuid().ToString(), StringComparison.Ordinal)}");
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Contains(reason, answer.Body["errors"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("?at=2026-01-01T00:00:00Z&since=2025-01-01&until=2026-01-01&per_page=100&status=active&search=a")]
    [InlineData("/11111111-0000-4000-8000-000000000001?at=2026-01-01T00:00:00Z")]
    public async Task ATime_IsAskedOfTheServiceThatOwnsTheGrants(string query)
        => Assert.Equal(HttpStatusCode.ServiceUnavailable, (await host.Api.Call("GET", $"{ApiCalls.Access}/grants{query}")).Status);

    [Fact]
    public void AnAnswerThatIsNotOfTheTime_IsNone()
    {
        var at = DateTimeOffset.UtcNow.ToTimestamp();
        Assert.Equal(StatusCode.Unavailable, Assert.Throws<RpcException>(() => GrantEndpoints.Require(at, null)).StatusCode);
        GrantEndpoints.Require(at, at.Clone());
        GrantEndpoints.Require(null, null);
    }

    [Fact]
    public void Filter_IsTheQueryOfTheApi()
    {
        var context = new DefaultHttpContext();
        context.Request.QueryString = new QueryString("?search=%20ali%26&app_id=none&status=old&kind=oauth&at=2026-01-01T10%3A00&cursor=x");
        var filter = GrantFilter.Of(context.Request);
        Assert.Equal("?search=ali%26&kind=oauth&at=2026-01-01T10%3A00&cursor=y", filter.Query("y"));
        Assert.False(filter.IsEmpty);
        Assert.Equal("", new GrantFilter("", "", "", "", "", "", "", "").Query(""));
    }

    [Fact]
    public async Task ThePage_ExplainsATimeThatThereIsNot_AndTheApplicationLeadsToIt()
    {
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        using var wrong = await browser.GetAsync($"/grants?at={Tomorrow}");
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Contains("<a href=\"#field-at\">at is in the future", browser.Page, StringComparison.Ordinal);
        using var away = await browser.GetAsync("/grants?at=2026-01-01T10:00&search=%3Cb%3E");
        Assert.Equal(HttpStatusCode.OK, away.StatusCode);
        Assert.Contains("The token service does not answer", browser.Page, StringComparison.Ordinal);
        Assert.Contains("value=\"2026-01-01T10:00:00\"", browser.Page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;", browser.Page, StringComparison.Ordinal);
        var made = await host.Api.Must(HttpStatusCode.Created, "POST", $"{ApiCalls.Access}/apps", new JsonObject { ["name"] = "Asked of", ["type"] = "self_hosted", ["domain"] = "asked-of.test" }.ToJsonString());
        await browser.GetAsync($"/applications/{made["id"]}");
        Assert.Matches($"href=\"/grants\\?app_id={made["id"]}&(amp;)?at=20\\d\\d-", browser.Page);
        await host.Api.Call("DELETE", $"{ApiCalls.Access}/apps/{made["id"]}");
    }
}
