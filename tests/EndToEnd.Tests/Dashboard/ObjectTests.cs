using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>Policies of an application, groups, identity providers, settings and keys: worked on in a real browser, without JavaScript.</summary>
[Collection(TopologyCollection.Name)]
public sealed class ObjectTests(LocalTopology topology)
{
    private readonly string _name = $"Own {Guid.NewGuid():N}"[..14];

    [Fact]
    public async Task PoliciesOfAnApplication_AreAttached_Ordered_AndDetached()
    {
        var ids = new List<string>();
        foreach (var name in (string[])["first", "second", "third"])
        {
            ids.Add((string)(await topology.Admin.PostAsync("policies", new JsonObject { ["name"] = $"{_name} {name}", ["decision"] = "allow", ["include"] = Nobody() }))["id"]!);
        }

        var application = (string)(await topology.Admin.PostAsync("apps", new JsonObject { ["type"] = "self_hosted", ["name"] = _name, ["domain"] = $"{Guid.NewGuid():N}.example.com" }))["id"]!;
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync($"/applications/{application}", javaScript: false);
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("No policy is attached: nobody gets in.");
        await page.GetByRole(AriaRole.Link, new() { Name = "Policies", Exact = true }).Last.ClickAsync();
        foreach (var name in (string[])["first", "second", "third"])
        {
            await page.Locator("select[name=policy]").SelectOptionAsync(new SelectOptionValue { Label = $"{_name} {name} (Allow)" });
            await ChangeAsync(page, "Attach");
        }

        Assert.Equal(ids, await AttachedAsync(application));
        await ChangeAsync(page, $"Up {_name} third");
        Assert.Equal([ids[0], ids[2], ids[1]], await AttachedAsync(application));
        await ChangeAsync(page, $"Down {_name} first");
        Assert.Equal([ids[2], ids[0], ids[1]], await AttachedAsync(application));
        await ChangeAsync(page, $"Detach {_name} third");
        Assert.Equal([ids[0], ids[1]], await AttachedAsync(application));

        await page.GotoAsync(administrator.Address($"/applications/{application}/end-grants"));
        await page.GetByRole(AriaRole.Button, new() { Name = "End them" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("0 grants ended");

        // One that is in use is not removed, and the page says by what.
        await page.GotoAsync(administrator.Address($"/policies/{ids[0]}/remove"));
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the policy" }).ClickAsync();
        await Assertions.Expect(page.Locator(".summary")).ToContainTextAsync(_name);
        await topology.Admin.DeleteAsync($"apps/{application}");
        await Task.WhenAll(ids.Select(id => topology.Admin.DeleteAsync($"policies/{id}")));
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task Group_IsMade_Changed_KeptWhileItIsNamed_Removed_AndBroughtBack()
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/groups/new", javaScript: false);
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(_name);
        await page.GetByLabel("Include, rule 1: Address").FillAsync("alice@example.com");
        await page.GetByLabel("Kind of the new rule in Exclude").SelectOptionAsync(new SelectOptionValue { Label = "E-mail domain" });
        await page.Locator("fieldset", new() { HasText = "Exclude" }).GetByRole(AriaRole.Button, new() { Name = "Add rule" }).ClickAsync();

        // Whoever adds a rule goes on in it.
        await Assertions.Expect(page.GetByLabel("Exclude, rule 1: Domain")).ToBeFocusedAsync();
        await page.Keyboard.TypeAsync("contractors.example");
        await page.GetByRole(AriaRole.Button, new() { Name = "Create group" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("exists");
        var id = page.Url.Split('/')[^1];
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove rule 1 of Exclude" }).ClickAsync();
        await Assertions.Expect(page.GetByLabel("Kind of the new rule in Exclude")).ToBeFocusedAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Save group" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        Assert.Empty((await topology.Admin.GetAsync($"groups/{id}"))["exclude"]!.AsArray());

        var policy = (string)(await topology.Admin.PostAsync("policies", new JsonObject { ["name"] = _name + " policy", ["decision"] = "allow", ["include"] = new JsonArray(new JsonObject { ["group"] = new JsonObject { ["id"] = id } }) }))["id"]!;
        await page.GetByRole(AriaRole.Link, new() { Name = "Remove", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the group" }).ClickAsync();
        await Assertions.Expect(page.Locator(".summary")).ToContainTextAsync(_name + " policy");
        await Assertions.Expect(page.Locator(".summary")).ToBeFocusedAsync();
        await page.ScreenshotAsync(new() { Path = Path.Combine(Administrator.Pictures, "refused-removal-in-use-Light-desk.png"), FullPage = true });
        await topology.Admin.DeleteAsync($"policies/{policy}");
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the group" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("was removed");

        await page.GotoAsync(administrator.Address("/audit/removed"));
        await page.GetByRole(AriaRole.Link, new() { Name = $"Bring it back ({_name})" }).ClickAsync();
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("was removed and comes back as it was");
        await page.ScreenshotAsync(new() { Path = Path.Combine(Administrator.Pictures, "restore-removed-Light-desk.png"), FullPage = true });
        await page.GetByRole(AriaRole.Button, new() { Name = "Bring it back" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(_name);
        await topology.Admin.DeleteAsync($"groups/{id}");
        Assert.Empty(administrator.Complaints);
    }

    [Theory]
    [InlineData("GitHub")]
    [InlineData("OpenID Connect")]
    public async Task IdentityProvider_IsAdded_Changed_AndRemoved(string kind)
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/identity-providers", javaScript: false);
        await page.GetByRole(AriaRole.Link, new() { Name = "Add", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = kind, Exact = true }).ClickAsync();
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(_name);
        await page.GetByLabel("Client ID").FillAsync("our-client");
        await page.GetByLabel("Client secret").FillAsync("very secret");
        if (kind == "OpenID Connect")
        {
            await page.GetByLabel("Issuer").FillAsync("https://login.example.com");
            await page.GetByLabel("Further parameters of the sign-in").FillAsync("prompt=consent");
        }

        await page.GetByRole(AriaRole.Button, new() { Name = "Preview" }).ClickAsync();
        await Assertions.Expect(page.Locator("#preview")).Not.ToContainTextAsync("very secret");

        // A secret is not sent back: it is typed once more where the form was shown again.
        await page.GetByLabel("Client secret").FillAsync("very secret");
        await page.GetByRole(AriaRole.Button, new() { Name = "Add", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("People can sign in with it now");
        Assert.DoesNotContain("very secret", await page.ContentAsync(), StringComparison.Ordinal);
        var id = page.Url.Split('/')[^1];
        await page.GetByLabel("Name", new() { Exact = true }).FillAsync(_name + " two");
        await page.GetByRole(AriaRole.Button, new() { Name = "Save", Exact = true }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
        Assert.Equal(("our-client", _name + " two"), ((string?)(await topology.Admin.GetAsync($"identity_providers/{id}"))["config"]!["client_id"], (string?)(await topology.Admin.GetAsync($"identity_providers/{id}"))["name"]));
        await page.GetByRole(AriaRole.Link, new() { Name = "History" }).ClickAsync();
        await Assertions.Expect(page.Locator(".tabs [aria-current=page]")).ToHaveTextAsync("History");
        await page.Locator(".tabs").GetByRole(AriaRole.Link, new() { Name = "Settings", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Remove", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Button, new() { Name = "Remove the identity provider" }).ClickAsync();
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("was removed");
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task SettingsPermissionsAndKeys_AreSaved()
    {
        var before = await topology.Admin.GetAsync("organizations");
        var group = (string)(await topology.Admin.PostAsync("groups", new JsonObject { ["name"] = _name, ["include"] = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = "admin@example.com" } }) }))["id"]!;
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/settings", javaScript: false);
        try
        {
            await page.GetByLabel("Name", new() { Exact = true }).FillAsync("Renamed");
            await page.GetByLabel("Staleness limit").FillAsync("90s");
            await page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
            var saved = await topology.Admin.GetAsync("organizations");
            Assert.Equal(("Renamed", "90s"), ((string?)saved["name"], (string?)saved["revocation_staleness_limit"]));

            await page.GetByRole(AriaRole.Link, new() { Name = "Who may do what" }).ClickAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Add a group" }).ClickAsync();
            await page.GetByLabel("Members of the group").SelectOptionAsync(group);
            await page.GetByLabel("Read and write everything").CheckAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync();
            await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("Saved");
            Assert.Equal(group, (string?)(await topology.Admin.GetAsync("organizations"))["dashboard_permissions"]![0]!["group_id"]);
            await page.ScreenshotAsync(new() { Path = Path.Combine(Administrator.Pictures, "settings-permissions-saved-Light-desk.png"), FullPage = true });
            await page.GetByLabel("may do everything").CheckAsync();
            await page.GetByRole(AriaRole.Button, new() { Name = "Save settings" }).ClickAsync();
            await Assertions.Expect(page.GetByLabel("Members of the group")).ToHaveCountAsync(0);
        }
        finally
        {
            await topology.Admin.PutAsync("organizations", new JsonObject { ["name"] = (string?)before["name"], ["revocation_staleness_limit"] = (string?)before["revocation_staleness_limit"] ?? "60s", ["dashboard_permissions"] = null });
            await topology.Admin.DeleteAsync($"groups/{group}");
        }

        var key = (string?)(await topology.Admin.GetAsync("keys"))["last_key_rotation_at"];
        await Eventually.Async(async () =>
        {
            // Refused as long as the next key has not been published for long enough: another test may have rotated just now.
            await page.GotoAsync(administrator.Address("/keys/rotate"));
            await page.GetByRole(AriaRole.Button, new() { Name = "Rotate" }).ClickAsync();
            await page.WaitForLoadStateAsync();
            return key != (string?)(await topology.Admin.GetAsync("keys"))["last_key_rotation_at"];
        });
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("The next key signs from now on");
        Assert.DoesNotContain(administrator.Complaints, complaint => !complaint.Contains("409", StringComparison.Ordinal));
    }

    // Presses a button that changes the list of policies, and answers where it asks first.
    private static async Task ChangeAsync(IPage page, string button)
    {
        // The page before may have been a confirmation, or have said "Saved", too.
        var answer = await page.RunAndWaitForResponseAsync(
            () => page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }).ClickAsync(),
            response => response.Request.IsNavigationRequest && response.Status is < 300 or >= 400);
        await answer.FinishedAsync();
        await page.WaitForLoadStateAsync();
        if (await page.Locator("button[value=confirm]").CountAsync() > 0)
        {
            await page.Locator("button[value=confirm]").ClickAsync();
        }

        await Assertions.Expect(page.GetByRole(AriaRole.Status).First).ToContainTextAsync("Saved");
    }

    private async Task<IReadOnlyList<string>> AttachedAsync(string application)
        => [.. (await topology.Admin.GetAsync($"apps/{application}"))["policies"]!.AsArray().OrderBy(policy => (int)policy!["precedence"]!).Select(policy => (string)policy!["id"]!)];

    private static JsonArray Nobody() => new(new JsonObject { ["email"] = new JsonObject { ["email"] = "nobody@example.com" } });
}
