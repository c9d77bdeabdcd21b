using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedOAuth.EndToEnd.Tests.Topology;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>
/// Every form of the dashboard, filled in wrongly with the keyboard alone: nothing is lost, the focus is at what is wrong, and from there the
/// keyboard leads to the field. With scripts, and without.
/// </summary>
[Collection(TopologyCollection.Name)]
public sealed class FormTests(LocalTopology topology)
{
    // Pages that ask before they do something that is not simply taken back.
    internal static readonly IReadOnlyList<(string Path, string Button)> Questions =
    [
        ("/applications/{app}/remove", "Remove the application"), ("/applications/{app}/end-grants", "End them"), ("/policies/{policy}/remove", "Remove the policy"),
        ("/groups/{group}/remove", "Remove the group"), ("/lists/{list}/remove", "Remove the list"), ("/identity-providers/{provider}/remove", "Remove the identity provider"),
        ("/identity-providers/{provider}/scim/secret", "Make a new secret"), ("/service-tokens/{token}/remove", "Remove the service token"), ("/api-tokens/{key}/roll", "Roll the token"),
        ("/api-tokens/{key}/remove", "Remove the API token"), ("/custom-pages/{page}/remove", "Remove the custom page"), ("/mcp-servers/{server}/remove", "Remove the MCP server"),
        ("/mcp-portals/{portal}/remove", "Remove the MCP server portal"), ("/keys/rotate", "Rotate"),
    ];

    private readonly Dictionary<string, (string Id, string Name)> _objects = [];
    private readonly List<string> _made = [];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EveryForm_SaysWhatIsWrong_AndTheKeyboardGetsThere(bool javaScript)
    {
        await MakeAsync();
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/?live=false", javaScript: javaScript);
        var problems = new List<string>();
        foreach (var form in FormCase.All)
        {
            try
            {
                await page.GotoAsync(administrator.Address(Fill(form.Path, made => made.Id)));
                await RefuseAsync(page, form);
                if (javaScript)
                {
                    problems.AddRange(await Administrator.LookAsync(page, $"wrong-{AppearanceTests.NameOf(form.Path)}"));
                }
            }
            catch (Exception failed) when (failed is Xunit.Sdk.XunitException or PlaywrightException or TimeoutException)
            {
                // Every page is looked at, and all that is wrong is told at once.
                problems.Add($"{form.Path}: {failed.Message}");
            }
        }

        Assert.True(problems.Count == 0, string.Join("\n\n", problems));
        Assert.Empty(administrator.Complaints);
        await RemoveAsync();
    }

    [Fact]
    public async Task EveryQuestion_IsReached_AndDeclined_WithTheKeyboardAlone_WithoutJavaScript()
    {
        await MakeAsync();
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/?live=false", javaScript: false);
        foreach (var (path, button) in Questions)
        {
            await page.GotoAsync(administrator.Address(Fill(path, made => made.Id)));
            await SkipAsync(page);

            // The button that does it comes first and does nothing before it is pressed; Cancel leads away from the question.
            var yes = page.Locator("button[value=confirm]", new() { HasText = button });
            await page.ReachAsync(yes);
            await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "Cancel", Exact = true }));
            await Assertions.Expect(yes).ToHaveCountAsync(0);
        }

        Assert.Empty(administrator.Complaints);
        await RemoveAsync();
    }

    private async Task RefuseAsync(IPage page, FormCase form)
    {
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(Fill(form.Heading, made => made.Name));
        await SkipAsync(page);
        foreach (var (label, text) in form.Fields)
        {
            await page.TypeIntoAsync(FieldOf(page, label), Fill(text, made => made.Name));
        }

        if (form.Button is { } button)
        {
            await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).Last);
        }
        else
        {
            await page.Keyboard.PressAsync("Enter");
        }

        // What is wrong is said, has the focus, and leads to the field; what was typed is still there.
        var summary = page.Locator(".summary");
        await summary.WaitForAsync();
        Assert.Contains(form.Refused, await summary.InnerTextAsync(), StringComparison.OrdinalIgnoreCase);
        await Assertions.Expect(summary).ToBeFocusedAsync();
        foreach (var (label, text) in form.Fields)
        {
            var field = FieldOf(page, label);
            if (await field.GetAttributeAsync("type") != "password")
            {
                await Assertions.Expect(field).ToHaveValueAsync(Fill(text, made => made.Name));
            }
        }

        if (!form.IsAboutTheWhole)
        {
            await Assertions.Expect(page.Locator("[aria-invalid=true], fieldset:has(.wrong)").First).ToBeVisibleAsync();
            await page.EnterAsync(summary.GetByRole(AriaRole.Link).First);
            if (!await AtWhatIsWrongAsync(page))
            {
                await page.Keyboard.PressAsync("Tab");
                Assert.True(await AtWhatIsWrongAsync(page), "The link of what is wrong does not lead to the field.");
            }
        }
    }

    private static ILocator FieldOf(IPage page, string label) => page.GetByLabel(new Regex($@"^{Regex.Escape(label)}( \(optional\))?$"));

    // Past the navigation, as everybody with a keyboard does; a page that begins in its first field needs that not.
    private static async Task SkipAsync(IPage page)
    {
        if (await page.EvaluateAsync<bool>("() => document.activeElement === document.body"))
        {
            await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "Skip to the content" }));
        }
    }

    private static Task<bool> AtWhatIsWrongAsync(IPage page) => page.EvaluateAsync<bool>("() => document.activeElement.matches('[aria-invalid=true], fieldset:has(> .wrong) *')");

    private string Fill(string text, Func<(string Id, string Name), string> part)
        => _objects.Aggregate(text, (filled, made) => filled.Replace($"{{{made.Key}}}", part(made.Value), StringComparison.Ordinal));

    // Objects of this test alone: nothing of them is changed, as every form is refused.
    private async Task MakeAsync()
    {
        var name = $"Form {Guid.NewGuid():N}"[..13];
        var key = name[5..];
        var nobody = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = "nobody@example.com" } });
        await AddAsync("group", "groups", new JsonObject { ["name"] = name, ["include"] = nobody.DeepClone() });
        await AddAsync("policy", "policies", new JsonObject { ["name"] = name, ["decision"] = "allow", ["include"] = nobody.DeepClone() });
        await AddAsync("app", "apps", new JsonObject { ["type"] = "self_hosted", ["name"] = name, ["domain"] = $"{key}.example.com" });
        await AddAsync("list", "../gateway/lists", new JsonObject { ["name"] = name, ["type"] = "EMAIL", ["items"] = new JsonArray(new JsonObject { ["value"] = "a@example.com" }) });
        await AddAsync("provider", "identity_providers", new JsonObject { ["name"] = name, ["type"] = "github", ["config"] = new JsonObject { ["client_id"] = "c", ["client_secret"] = "s" } });
        await AddAsync("token", "service_tokens", new JsonObject { ["name"] = name });
        await AddAsync("key", "../tokens", new JsonObject { ["name"] = name, ["permissions"] = new JsonArray("keys_read") });
        await AddAsync("tag", "tags", new JsonObject { ["name"] = key });
        await AddAsync("page", "custom_pages", new JsonObject { ["name"] = name, ["type"] = "forbidden", ["custom_html"] = "<!DOCTYPE html><title>No</title><p>No." });
        await AddAsync("server", "ai-controls/mcp/servers", new JsonObject { ["id"] = key, ["name"] = name, ["hostname"] = $"https://{key}.example.com/mcp", ["auth_type"] = "unauthenticated" });
        await AddAsync("portal", "ai-controls/mcp/portals", new JsonObject { ["id"] = key, ["name"] = name, ["hostname"] = $"portal-{key}.example.com" });
    }

    private async Task AddAsync(string key, string path, JsonObject body)
    {
        var made = await topology.Admin.PostAsync(path, body);
        _objects[key] = ((string?)made["uid"] ?? (string?)made["id"] ?? "", (string)made["name"]!);
        _made.Add($"{path}/{(string?)made[key == "tag" ? "name" : "id"]}");
    }

    private async Task RemoveAsync()
    {
        foreach (var path in _made.AsEnumerable().Reverse())
        {
            await topology.Admin.DeleteAsync(path);
        }
    }
}
