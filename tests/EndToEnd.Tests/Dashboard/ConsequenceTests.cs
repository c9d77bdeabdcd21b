using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>What a change ends is said in numbers before it is made, and a change is taken back with one button.</summary>
[Collection(TopologyCollection.Name)]
public sealed class ConsequenceTests(LocalTopology topology)
{
    [Fact]
    public async Task AnOrderThatShutsSomebodyOut_SaysHowMany_AndIsTakenBack_WithoutJavaScript()
    {
        const string Email = "consequence@example.com";
        var name = $"Keep out {Guid.NewGuid():N}"[..16];
        using var user = new ScriptedBrowser(Email, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"), "Consequence client");
        var tokens = await client.LoginAsync(user);
        var policy = (string)(await topology.Admin.PostAsync("policies", new JsonObject { ["name"] = name, ["decision"] = "deny", ["include"] = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = Email } }) }))["id"]!;
        var application = (string)(await topology.Admin.ApplicationAsync(topology.OrdersDomain))["id"]!;
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync($"/applications/{application}/policies", javaScript: false);
        try
        {
            // At the end of the list it decides nothing about anybody who is in: nothing is asked.
            await page.Locator("select[name=policy]").SelectOptionAsync(policy);
            await page.GetByRole(AriaRole.Button, new() { Name = "Attach" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
            var up = page.GetByRole(AriaRole.Button, new() { Name = $"Up {name}" });
            var question = page.GetByText($"Change the place of {name}?");
            for (var moved = 0; moved < 20 && await question.CountAsync() == 0; moved++)
            {
                await up.ClickAsync();

                // To count is not to wait: the click itself waits for no more than the beginning of the next page.
                await page.WaitForLoadStateAsync();
            }

            await page.ForecastAsync("This ends 1 grant of 1 user within a second.");
            await page.GetByRole(AriaRole.Button, new() { Name = "Change the order" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
            await Eventually.Async(async () =>
            {
                using var answer = await client.GetAsync("/orders", tokens.AccessToken);
                return answer.StatusCode == HttpStatusCode.Unauthorized;
            });

            await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Taken back");
            await Assertions.Expect(page.Locator("tr", new() { HasText = name })).ToHaveCountAsync(1);
            await page.GetByRole(AriaRole.Button, new() { Name = $"Detach {name}" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync($"Detach {name}?");
            await Assertions.Expect(page.Locator("main")).ToContainTextAsync("Orders API");
            await page.GetByRole(AriaRole.Button, new() { Name = "Detach" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
            await Assertions.Expect(page.Locator("tr", new() { HasText = name })).ToHaveCountAsync(0);
        }
        finally
        {
            if ((await topology.Admin.ApplicationAsync(topology.OrdersDomain))["policies"]!.AsArray().Any(entry => (string?)entry!["id"] == policy))
            {
                await topology.Admin.DeleteAsync($"apps/{application}/policies/{policy}");
            }

            await topology.Admin.DeleteAsync($"policies/{policy}");
        }
    }

    [Fact]
    public async Task ASaveThatShutsSomebodyOut_IsAskedAbout_LosesNothingOnTheWayBack_AndIsTakenBack_WithTheKeyboardAlone_WithoutJavaScript()
    {
        const string Email = "shut-out@example.com";
        using var user = new ScriptedBrowser(Email, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"), "Shut out client");
        var tokens = await client.LoginAsync(user);
        var application = (string)(await topology.Admin.ApplicationAsync(topology.OrdersDomain))["id"]!;
        var policy = (string)(await topology.Admin.PostAsync($"apps/{application}/policies", new JsonObject
        {
            ["name"] = $"Shut out {Guid.NewGuid():N}"[..16], ["decision"] = "deny", ["precedence"] = 0, ["include"] = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = "nobody@example.com" } }),
        }))["id"]!;
        await using var administrator = new Administrator(topology);
        try
        {
            var page = await administrator.OpenAsync($"/policies/{policy}", javaScript: false);
            await page.TypeIntoAsync(page.GetByLabel("Include, rule 1: Address"), Email);
            await page.Keyboard.PressAsync("Enter");
            await page.ForecastAsync("This ends 1 grant of 1 user within a second.");
            await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Go back" }));
            await Assertions.Expect(page.GetByLabel("Include, rule 1: Address")).ToHaveValueAsync(Email);
            await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Save policy" }));
            await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Save anyway" }));
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
            await Eventually.Async(async () =>
            {
                using var answer = await client.GetAsync("/orders", tokens.AccessToken);
                return answer.StatusCode == HttpStatusCode.Unauthorized;
            });
            await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Undo" }));
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Taken back");

            // Nobody is shut out by it as it is now: a name is changed without a question.
            await page.TypeIntoAsync(page.GetByLabel("Name", new() { Exact = true }), "Harmless");
            await page.Keyboard.PressAsync("Enter");
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        }
        finally
        {
            await topology.Admin.DeleteAsync($"apps/{application}/policies/{policy}");
        }

        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task EverySetting_HasAField_AndAnApplicationHasPoliciesOfItsOwn()
    {
        await using var administrator = new Administrator(topology);
        var id = (string)(await topology.Admin.PostAsync("apps", new JsonObject { ["type"] = "self_hosted", ["name"] = "Forms", ["domain"] = $"{Guid.NewGuid():N}.example.com" }))["id"]!;
        var page = await administrator.OpenAsync($"/applications/{id}/advanced");
        await page.GetByLabel("Dynamic client registration").UncheckAsync();
        await page.GetByLabel("Preflight requests").SelectOptionAsync(new SelectOptionValue { Label = "Answered here" });
        await page.GetByLabel("Allowed origins").FillAsync("https://app.example.com");
        await page.GetByLabel("Remembered for, in seconds").FillAsync("60");
        await page.GetByLabel("Only for the application's path").CheckAsync();
        Assert.Empty(await Administrator.ViolationsAsync(page));
        await page.GetByRole(AriaRole.Button, new() { Name = "Save application" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        Assert.Empty(await Administrator.ViolationsAsync(page));
        var saved = await topology.Admin.GetAsync($"apps/{id}");
        Assert.Equal((false, 60, true), ((bool)saved["oauth_configuration"]!["dynamic_client_registration"]!["enabled"]!, (int)saved["cors_headers"]!["max_age"]!, (bool)saved["path_cookie_attribute"]!));

        await page.GotoAsync(administrator.Address($"/applications/{id}/policies"));
        await page.GetByRole(AriaRole.Link, new() { Name = "Write a policy for this application alone" }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Only here");
        await page.GetByLabel("Include, rule 1: Address").FillAsync("alice@example.com");
        Assert.Empty(await Administrator.ViolationsAsync(page));
        await page.GetByRole(AriaRole.Button, new() { Name = "Create policy" }).ClickAsync();
        await Assertions.Expect(page.Locator("tr", new() { HasText = "Only here" })).ToContainTextAsync("of this application alone");
        await page.GetByRole(AriaRole.Button, new() { Name = "Detach Only here" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("belongs to this application alone");
        Assert.Empty(await Administrator.ViolationsAsync(page));
        await page.GetByRole(AriaRole.Button, new() { Name = "Detach" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("No policy is attached");
        await page.GotoAsync(administrator.Address($"/applications/{id}/remove"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the application" }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Undo" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync("Forms");
        await topology.Admin.DeleteAsync($"apps/{id}");
        Assert.Empty(administrator.Complaints);
    }
}
