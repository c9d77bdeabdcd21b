using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.Playwright;
using Npgsql;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>What happened, and what is open: found, gone through and acted on with the keyboard alone, without JavaScript.</summary>
[Collection(TopologyCollection.Name)]
public sealed class LogTests(LocalTopology topology)
{
    private readonly List<string> _problems = [];

    [Fact]
    public async Task AGrant_IsFoundAndRevoked_TheRefusalAfterIt_ByItsId_AndItsClient_IsEnded()
    {
        const string Email = "plain@example.com";
        var name = $"Plain {Guid.NewGuid():N}"[..16];
        using var user = new ScriptedBrowser(Email, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"), name);
        var tokens = await client.LoginAsync(user);
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/grants", javaScript: false);
        await FindAsync(page, "User or client", Email);
        await page.EnterAsync(page.Locator("tr", new() { HasText = name }).GetByRole(AriaRole.Link).First);
        await DeclineAsync(page, "Revoke", "Revoke");
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Revoke" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("The grant was revoked");

        // The client's next request is refused, and shows its user an id to tell.
        var id = "";
        await Eventually.Async(async () =>
        {
            using var answer = await client.GetAsync("/orders", tokens.AccessToken);
            id = answer.StatusCode == HttpStatusCode.Unauthorized ? JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement.GetProperty("flow_id").GetString()! : "";
            return id.Length > 0;
        });
        await Eventually.Async(async () => (await topology.Admin.GetAsync($"logs/refusals?ray_id={id}")).AsArray().Count == 1);
        await page.GotoAsync(administrator.Address("/refusals"));
        await FindAsync(page, "Reference", id);
        await Assertions.Expect(page.Locator("tbody tr")).ToHaveCountAsync(1);
        await Assertions.Expect(page.Locator("tbody tr")).ToContainTextAsync(id);
        await Assertions.Expect(page.Locator("tbody tr")).ToContainTextAsync("revoked");
        await LookAsync(administrator, $"/refusals?ray_id={id}", "refusals-found");
        await page.EnterAsync(page.Locator("tbody").GetByRole(AriaRole.Link, new() { Name = "access token" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToContainTextAsync(Email);

        await page.GotoAsync(administrator.Address("/clients"));
        await FindAsync(page, "Search", name);
        await page.EnterAsync(page.Locator("tbody").GetByRole(AriaRole.Link, new() { Name = name }));
        await DeclineAsync(page, "Revoke", "Revoke the client");
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Revoke the client" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("gone for good");
        Assert.Empty(_problems);
        Assert.Empty(administrator.Complaints);
    }

    // A message that no handler of this version knows: what a newer service sent before it was taken back to an older version.
    [Fact]
    public async Task ADeadLetter_IsReplayed_ComesBack_AndIsDiscarded()
    {
        var type = $"from_the_future_{Guid.NewGuid():N}"[..28];
        await using var database = NpgsqlDataSource.Create(await topology.PostgresAsync());
        await using var enqueue = database.CreateCommand("insert into messages.queue (receiver, id, message_type, body) values ('config', gen_random_uuid(), $1, '{}')");
        enqueue.Parameters.Add(new NpgsqlParameter { Value = type });
        await enqueue.ExecuteNonQueryAsync();
        async Task<bool> IsDeadAsync() => (await topology.Admin.GetAsync($"dead_letters?message_type={type}")).AsArray().Count == 1;
        await Eventually.Async(IsDeadAsync);
        await using var administrator = new Administrator(topology);
        await LookAsync(administrator, "/audit/dead-letters", "dead-letters");
        var page = await administrator.OpenAsync("/audit", javaScript: false);
        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "Dead letters" }));
        await Assertions.Expect(page.Locator("tr", new() { HasText = type })).ToContainTextAsync("to config");
        await DeclineAsync(page, $"Replay ({type})", "Replay");
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Replay" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("in its queue again");

        // The cause is still there.
        await Eventually.Async(IsDeadAsync);
        await page.ReloadAsync();
        await DeclineAsync(page, $"Discard ({type})", "Discard");
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Discard" }));
        await Assertions.Expect(page.GetByRole(AriaRole.Status)).ToContainTextAsync("The message is gone");
        Assert.False(await IsDeadAsync());
        Assert.Empty(_problems);
        Assert.Empty(administrator.Complaints);
    }

    [Fact]
    public async Task Changes_AreNarrowed_AndGoneThroughPageByPage_AndTimesCompared()
    {
        var name = $"Often {Guid.NewGuid():N}"[..16];
        JsonObject Group(int version) => new() { ["name"] = $"{name} {version}", ["include"] = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = "nobody@example.com" } }) };
        var id = (string)(await topology.Admin.PostAsync("groups", Group(1)))["id"]!;
        for (var version = 2; version <= 52; version++)
        {
            await topology.Admin.PutAsync($"groups/{id}", Group(version));
        }

        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync($"/audit?id={id}", javaScript: false);
        var rows = page.Locator("tbody tr");
        await Assertions.Expect(rows).ToHaveCountAsync(50);
        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "Older" }));
        await Assertions.Expect(rows).ToHaveCountAsync(2);
        await Assertions.Expect(rows.Last).ToContainTextAsync("created");
        await page.ReachAsync(page.GetByLabel("Kind"));
        await page.Keyboard.TypeAsync("Groups");
        await FindAsync(page, "Who", "user:nobody@example.com");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("There are no changes like that");
        Assert.Contains("kind=group", page.Url, StringComparison.Ordinal);

        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "As of a time" }));
        await page.GetByLabel("The configuration at (UTC)").FillAsync("2020-01-01T00:00:01");
        await page.EnterAsync(page.GetByRole(AriaRole.Button, new() { Name = "Show" }));
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("There was nothing yet");

        await page.GotoAsync(administrator.Address("/mcp-log"));
        await FindAsync(page, "Tool", "nothing-like-it");
        await Assertions.Expect(page.Locator("main")).ToContainTextAsync("There are no requests like that");
        await topology.Admin.DeleteAsync($"groups/{id}");
        Assert.Empty(administrator.Complaints);
    }

    // What cannot be, as an address that somebody kept or wrote has it: said first, kept where it can stand, and the message leads to its field.
    [Fact]
    public async Task AWrongFilter_IsExplained_AndTheMessageLeadsToTheField()
    {
        var provider = (string)(await topology.Admin.PostAsync("identity_providers", new JsonObject { ["name"] = $"Filter {Guid.NewGuid():N}", ["type"] = "github", ["config"] = new JsonObject { ["client_id"] = "c", ["client_secret"] = "s" } }))["id"]!;
        var longer = new string('x', 600);
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/?live=false", javaScript: false);
        foreach (var (path, field, value) in ((string, string, string)[])
        [
            ("/sign-ins", "since", "yesterday"), ("/refusals", "until", "tomorrow"), ("/refusals", "ray_id", longer), ("/audit", "since", "yesterday"), ("/audit/times", "from", "yesterday"),
            ("/mcp-log", "min_duration_ms", "slow"), ($"/identity-providers/{provider}/scim/users", "email", longer), ($"/identity-providers/{provider}/scim/groups", "name", longer),
            ($"/identity-providers/{provider}/scim/updates", "since", "yesterday"),
        ])
        {
            await page.GotoAsync(administrator.Address($"{path}?{field}={value}"));
            var summary = page.Locator(".summary");
            await Assertions.Expect(summary).ToBeFocusedAsync();
            await page.EnterAsync(summary.GetByRole(AriaRole.Link));
            var wrong = page.Locator($"[name={field}]");
            await Assertions.Expect(wrong).ToHaveAttributeAsync("aria-invalid", "true");
            await page.ReachAsync(wrong);
            if (field is not ("since" or "until" or "from"))
            {
                await Assertions.Expect(wrong).ToHaveValueAsync(value);
            }
        }

        await topology.Admin.DeleteAsync($"identity_providers/{provider}");
        Assert.Empty(administrator.Complaints);
    }

    private static async Task FindAsync(IPage page, string label, string text)
    {
        await page.TypeIntoAsync(page.GetByLabel(label, new() { Exact = true }), text);

        // A key does not wait for where it leads: what is looked for next must not be found on the page before.
        await page.RunAndWaitForRequestFinishedAsync(() => page.Keyboard.PressAsync("Enter"), new() { Predicate = request => request.IsNavigationRequest });
        await page.WaitForLoadStateAsync();
    }

    // To the question, away from it, and there again.
    private static async Task DeclineAsync(IPage page, string link, string button)
    {
        var leading = page.GetByRole(AriaRole.Link, new() { Name = link, Exact = true });
        await page.EnterAsync(leading);
        await page.ReachAsync(page.GetByRole(AriaRole.Button, new() { Name = button, Exact = true }));
        await page.EnterAsync(page.GetByRole(AriaRole.Link, new() { Name = "Cancel", Exact = true }));
        await page.EnterAsync(leading);
    }

    private async Task LookAsync(Administrator administrator, string path, string name)
    {
        foreach (var (scheme, width) in new[] { (ColorScheme.Light, 1280), (ColorScheme.Dark, 390) })
        {
            var page = await administrator.OpenAsync(path, scheme, size: (width, 844));
            await Assertions.Expect(page.Locator("tbody tr").First).ToBeVisibleAsync();
            _problems.AddRange(await Administrator.LookAsync(page, $"{name}-{scheme}-{(width > 500 ? "desk" : "phone")}"));
            await page.Context.CloseAsync();
        }
    }
}
