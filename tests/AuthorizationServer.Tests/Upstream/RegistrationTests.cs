using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.ServiceDefaults.Snapshots;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>Clients that registered themselves: one for all logins, also when several register at once or one is replaced.</summary>
[Collection(UpstreamTests.Name)]
public sealed class RegistrationTests(UpstreamHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => host.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task OfManyAtOnce_OneIsEverybodys()
    {
        await host.ResetRegistrationsAsync();
        var gate = new TaskCompletionSource();
        host.Notes.RegistrationDelay = gate.Task;
        var server = host.Service.Services.GetRequiredService<IConfigurationSnapshots>().Current.McpServers[UpstreamHost.IdOf("notes")];
        var at = await host.Service.Services.GetRequiredService<UpstreamDiscovery>().FindAsync(server, default);
        var clients = host.Service.Services.GetRequiredService<UpstreamClients>();
        var callback = UpstreamCallback.Of(server, null, Service.Team);
        var asking = Enumerable.Range(0, 4).Select(_ => clients.ForAsync(server, at, callback, default)).ToArray();
        await Eventually.Async(() => host.Notes.Registrations.Count == 4);
        gate.SetResult();
        var client = Assert.Single((await Task.WhenAll(asking)).Distinct());
        Assert.Equal(client, await clients.ForAsync(server, at, callback, default));
        Assert.NotNull(await clients.SecretOfAsync(client, server, at.Issuer, at.TokenEndpoint, default));

        // Another one is not known there any more: this one stays.
        await clients.ForgetAsync(client with { ClientId = "another" }, default);
        Assert.Equal(client, await clients.ForAsync(server, at, callback, default));
        await clients.ForgetAsync(client, default);
        Assert.NotEqual(client, await clients.ForAsync(server, at, callback, default));
    }

    [Fact]
    public async Task LoginOfAClientThatWasReplaced_IsStale_AndTheNewOnesGoOn()
    {
        var (alice, bob) = (UpstreamHost.User(), UpstreamHost.User());
        using var browser = host.Browser(alice);
        using var other = host.Browser(bob);
        await host.ConnectAsync(browser);
        var leaving = host.Notes.LogIn(await UpstreamHost.LeaveAsync(browser, "notes"));
        await host.ResetRegistrationsAsync();
        await host.ConnectAsync(other);

        // The answer of a login that began as the former client.
        Assert.Equal(403, (await browser.GetAsync(leaving)).Status);
        await host.AgeAsync(alice, TimeSpan.FromHours(2));
        Assert.Equal(State.Stale, (await host.GetAsync(alice)).State);
        await host.AgeAsync(bob, TimeSpan.FromHours(2));
        Assert.Equal(State.Connected, (await host.GetAsync(bob)).State);
        Assert.Single(host.Notes.Registrations);
        await host.ConnectAsync(browser);
        Assert.Equal(State.Connected, (await host.GetAsync(alice)).State);
    }
}
