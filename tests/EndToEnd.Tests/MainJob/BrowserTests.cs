using System.Text.Json;
using System.Text.RegularExpressions;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>A real browser beside a CLI of the same user.</summary>
[Collection(TopologyCollection.Name)]
public sealed class BrowserTests(LocalTopology topology)
{
    private const string Address = "browser@example.com";

    [Fact]
    public async Task Chromium_LogsInAndTheOriginSeesWhatItSeesOfTheCli()
    {
        await using var window = await Chromium.WindowAsync(topology);
        var page = await window.NewPageAsync();
        var violations = new List<string>();
        page.Console += (_, message) =>
        {
            if (message.Type == "error")
            {
                violations.Add(message.Text);
            }
        };

        var known = await topology.Mailbox.PinsAsync(Address);
        await page.GotoAsync(new Uri(topology.Orders, "/orders").ToString());
        await page.FillAsync("input[name=email]", Address);
        await page.Locator("form:has(input[name=email]) button[type=submit]").First.ClickAsync();
        await page.FillAsync("input[name=pin]", await topology.Mailbox.NewPinAsync(Address, known));
        await page.Locator("form:has(input[name=pin]) button[type=submit]").First.ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Uri(topology.Orders, "/orders").ToString());
        await page.WaitForLoadStateAsync();
        Assert.DoesNotContain(violations, text => text.Contains("Content Security Policy", StringComparison.Ordinal));

        // What the origin received with the browser, and with a CLI of the same user.
        var shown = await (await page.GotoAsync(new Uri(topology.Orders, "/echo").ToString()))!.TextAsync();
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        using var cli = new OAuthClient(new Uri(topology.Orders, "/orders"));
        var tokens = await cli.LoginAsync(user);
        using var answer = await cli.GetAsync("/echo", tokens.AccessToken);

        var fromBrowser = OriginEcho.Claims(JsonDocument.Parse(shown).RootElement);
        var fromCli = OriginEcho.Claims(JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
        Assert.Equal(fromBrowser.Keys.Order(), fromCli.Keys.Order());
        foreach (var claim in new[] { "aud", "email", "iss", "sub", "type", "idp" })
        {
            Assert.Equal(fromBrowser[claim].ToString(), fromCli[claim].ToString());
        }

        Assert.Equal(Address, fromCli["email"].GetString());
    }

    [Fact]
    public async Task Chromium_ApprovesTheConsentAndIsSentToTheClient()
    {
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"), "<img src=x onerror=alert(1)>");
        await client.DiscoverAsync();
        await client.RegisterAsync();
        await using var window = await Chromium.WindowAsync(topology);
        var page = await window.NewPageAsync();
        var dialogs = 0;
        page.Dialog += async (_, dialog) =>
        {
            dialogs++;
            await dialog.DismissAsync();
        };
        await page.RouteAsync("http://127.0.0.1:49999/**", route => route.FulfillAsync(new() { Body = "done" }));

        const string Consenting = "consent@example.com";
        var verifier = new string('v', 43);
        var known = await topology.Mailbox.PinsAsync(Consenting);
        await page.GotoAsync(client.AuthorizationUrl(verifier, "state-1").ToString());
        await page.FillAsync("input[name=email]", Consenting);
        await page.Locator("form:has(input[name=email]) button[type=submit]").First.ClickAsync();
        await page.FillAsync("input[name=pin]", await topology.Mailbox.NewPinAsync(Consenting, known));
        await page.Locator("form:has(input[name=pin]) button[type=submit]").First.ClickAsync();
        await page.Locator("button[name=action][value=approve]").ClickAsync();
        await Assertions.Expect(page).ToHaveURLAsync(new Regex(@"^http://127\.0\.0\.1:49999/callback\?"));

        Assert.Contains("state=state-1", page.Url, StringComparison.Ordinal);
        Assert.Equal(0, dialogs);
        var code = System.Web.HttpUtility.ParseQueryString(new Uri(page.Url).Query)["code"]!;
        Assert.NotEmpty((await client.RedeemAsync(code, verifier)).AccessToken);
    }
}
