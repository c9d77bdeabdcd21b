using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>More objects than one page of the API has: nothing is cut off without a word.</summary>
public sealed class LargeConfigurationTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    private const int Policies = 1_050;

    [Fact]
    public async Task MoreThanAThousandPolicies_AreChosenByTheirId_AndExportedAsTheApiDoes()
    {
        var last = await ImportAsync();
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        var app = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Access + "/apps", """{"type":"self_hosted","name":"Large","domain":"large.example.com"}"""))["id"]!;
        await browser.GetAsync($"/applications/{app}/policies");
        Assert.Contains("The first 1,000 are in the list.", browser.Page, StringComparison.Ordinal);
        Assert.DoesNotContain($"value=\"{last}\"", browser.Page, StringComparison.Ordinal);

        // Without the token service nobody knows whether somebody loses access by it, so it asks.
        var fields = new Dictionary<string, string> { ["change"] = "add", ["policy"] = last, ["etag"] = McpServerPageTests.ETag(browser.Page), ["action"] = "confirm" };
        using var attached = await browser.PostAsync($"/applications/{app}/policies", fields);
        Assert.Equal(HttpStatusCode.SeeOther, attached.StatusCode);
        await browser.GetAsync($"/policies/{last}");
        Assert.Contains($"/applications/{app}", browser.Page, StringComparison.Ordinal);

        // As a file the same bytes come from the page, while they are made: nobody knows the length before.
        using var page = await browser.GetAsync("/transfer/export");
        Assert.Equal((HttpStatusCode.OK, true, "attachment"), (page.StatusCode, page.Headers.TransferEncodingChunked, page.Content.Headers.ContentDisposition?.DispositionType));
        var file = await page.Content.ReadAsStringAsync();
        Assert.Equal(await host.Api.GetStringAsync(ApiCalls.Access + "/export"), file);
        Assert.Equal(Policies, JsonNode.Parse(file)!["objects"]!["policy"]!.AsArray().Count);

        // Who may read everything may read the file; who may not, sees why.
        await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Access + "/organizations", """{"name":"Team","auth_domain":"team.large.test"}""");
        var group = (string)(await host.Api.Must(HttpStatusCode.Created, "POST", ApiCalls.Access + "/groups", """{"name":"Some","include":[{"everyone":{}}]}"""))["id"]!;
        await host.Api.Must(
            HttpStatusCode.OK, "PATCH", ApiCalls.Access + "/organizations", new JsonObject { ["dashboard_permissions"] = new JsonArray(new JsonObject { ["group_id"] = group, ["permissions"] = new JsonArray("apps_and_policies_read") }) }.ToJsonString());
        await Eventually.Passes(async () =>
        {
            using var refused = await browser.GetAsync("/transfer/export");
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Contains("not permitted", browser.Page, StringComparison.Ordinal);
        });
    }

    private async Task<string> ImportAsync()
    {
        var ids = Enumerable.Range(0, Policies).Select(_ => Guid.NewGuid().ToString()).ToList();
        var file = new JsonObject
        {
            ["format"] = "managedoauth.configuration",
            ["format_version"] = 1,
            ["objects"] = new JsonObject
            {
                ["policy"] = new JsonArray([.. ids.Select((id, index) => new JsonObject { ["id"] = id, ["name"] = $"Policy {index:0000}", ["decision"] = "allow", ["include"] = new JsonArray(new JsonObject { ["everyone"] = new JsonObject() }) })]),
            },
        };
        var job = await host.Api.Must(HttpStatusCode.Accepted, "POST", ApiCalls.Access + "/apply", file.ToJsonString());
        await Eventually.Passes(async () => Assert.Equal("succeeded", (string?)(await host.Api.Must(HttpStatusCode.OK, "GET", $"{ApiCalls.Access}/jobs/{job["id"]}"))["state"]), TimeSpan.FromMinutes(5));

        // The list has them by their making and then by id; those of one batch were made together.
        var shown = (await host.Api.Must(HttpStatusCode.OK, "GET", ApiCalls.Access + "/policies?per_page=1000")).AsArray().Select(policy => (string)policy!["id"]!).ToHashSet(StringComparer.Ordinal);
        return ids.First(id => !shown.Contains(id));
    }
}
