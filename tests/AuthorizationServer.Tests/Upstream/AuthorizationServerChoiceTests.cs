using System.Text.Json.Nodes;
using ManagedOAuth.Testing;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>A server that names several authorization servers (RFC 9728 §7.6): the first that can be used is.</summary>
[Collection(UpstreamTests.Name)]
public sealed class AuthorizationServerChoiceTests(UpstreamHost host) : IAsyncLifetime
{
    private readonly string _nobody = $"http://127.0.0.1:{FreePort.Next()}";

    public Task InitializeAsync() => host.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task OneThatDoesNotAnswer_AndOneThatIsOutOfOrder_ArePassedOver()
    {
        Names(_nobody, host.Files.Origin, host.Notes.Origin);
        host.Files.Down = 503;
        await ConnectsAsync();
    }

    [Fact]
    public async Task OneThatCannotBeUsed_IsPassedOver()
    {
        Names("ftp://nowhere.test", host.Files.Origin, host.Notes.Origin);
        host.Files.Metadata = document => document["code_challenge_methods_supported"] = new JsonArray("plain");
        await ConnectsAsync();
    }

    [Fact]
    public async Task FourthOne_IsNotAsked_AndTheFirstSaysWhy()
    {
        host.Files.Metadata = document => document["issuer"] = "https://other.test";
        Names(host.Files.Origin, _nobody, _nobody, host.Notes.Origin);
        using var browser = host.Browser(UpstreamHost.User());
        var answer = await browser.SubmitAsync(await browser.GetAsync(UpstreamHost.Portal + "/authorize"), ("action", "connect"), ("server", "notes"));
        Assert.Equal(403, answer.Status);
        Assert.Contains("another issuer", answer.Body);
    }

    private void Names(params string[] issuers) => host.Notes.Resource = document => document["authorization_servers"] = new JsonArray([.. issuers.Select(issuer => JsonValue.Create(issuer))]);

    private async Task ConnectsAsync()
    {
        var alice = UpstreamHost.User();
        using var browser = host.Browser(alice);
        await host.ConnectAsync(browser);
        Assert.Equal(State.Connected, (await host.GetAsync(alice)).State);
    }
}
