using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.Testing;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary><c>kill -9</c> of the replica that refreshes, where each refresh token can be used once.</summary>
[Collection(UpstreamTests.Name)]
public sealed class KilledRefreshTests(UpstreamHost host) : IAsyncLifetime
{
    public Task InitializeAsync() => host.ResetAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task BeforeTheServerHeardOfIt_TheLoginHeals()
    {
        var (alice, bob) = (UpstreamHost.User(), UpstreamHost.User());
        using var browser = host.Browser(alice);
        using var other = host.Browser(bob);
        await host.ConnectAsync(browser);
        await host.ConnectAsync(other);
        var (first, bobs) = (await host.GetAsync(alice), await host.GetAsync(bob));
        var asked = host.Notes.TokenRequests;
        host.Notes.Arrival = new TaskCompletionSource().Task;
        await KillInRefreshAsync(alice, first, () => host.Notes.TokenRequests > asked);
        host.Notes.Arrival = Task.CompletedTask;

        var healed = await EventuallyAsync(alice, first);
        Assert.Equal(State.Connected, healed.State);
        Assert.NotEqual(first.CredentialId, healed.CredentialId);
        Assert.NotEqual(bobs.Headers, healed.Headers);
        Assert.Equal(bobs, await host.GetAsync(bob));
        await host.AgeAsync(alice, TimeSpan.FromHours(2));
        Assert.Equal(State.Connected, (await host.GetAsync(alice)).State);
        Assert.Equal(["upstream_connected"], await host.EventsOfAsync(alice));
    }

    [Fact]
    public async Task WithTheAnswerOnTheWay_TheLoginSaysWhyItEnded_AndNobodyElsesIsTouched()
    {
        var (alice, bob) = (UpstreamHost.User(), UpstreamHost.User());
        using var browser = host.Browser(alice);
        using var other = host.Browser(bob);
        await host.ConnectAsync(browser);
        await host.ConnectAsync(other);
        var (first, bobs) = (await host.GetAsync(alice), await host.GetAsync(bob));
        var gate = new TaskCompletionSource();
        var given = host.Notes.Secrets.Count;
        host.Notes.Delay = gate.Task;
        await KillInRefreshAsync(alice, first, () => host.Notes.Secrets.Count == given + 2);
        host.Notes.Delay = Task.CompletedTask;
        gate.SetResult();

        Assert.Equal(State.Stale, (await EventuallyAsync(alice, first)).State);
        var status = await host.CallAsync("edge", (client, options) => client.StatusAsync(
            new UpstreamStatusRequest { UserId = alice.UserId.ToString(), ServerIds = { UpstreamHost.IdOf("notes").ToString() } }, options));
        Assert.Contains("invalid_grant", status.Statuses[0].Explanation);
        Assert.Equal(["upstream_connected", "upstream_refresh_failed"], await host.EventsOfAsync(alice));
        Assert.Equal(bobs, await host.GetAsync(bob));

        await host.ConnectAsync(browser);
        var healed = await host.GetAsync(alice);
        Assert.Equal(State.Connected, healed.State);
        Assert.NotEqual(bobs.Headers, healed.Headers);
        await host.AgeAsync(bob, TimeSpan.FromHours(2));
        Assert.Equal(State.Connected, (await host.GetAsync(bob)).State);
    }

    private async Task KillInRefreshAsync(Contracts.Policies.Identity user, UpstreamCredentialReply refused, Func<bool> isThere)
    {
        await using var replica = await ReplicaProcess.StartAsync(host.Service);
        var asking = host.GetAsync(user, refused: refused.CredentialId, address: replica.GrpcAddress);
        await Eventually.Async(isThere);
        await replica.KillAsync();
        await Assert.ThrowsAsync<RpcException>(() => asking);

        // The turn of the dead replica ends.
        await host.AgeAsync(user, TimeSpan.FromMinutes(1));
    }

    private async Task<UpstreamCredentialReply> EventuallyAsync(Contracts.Policies.Identity user, UpstreamCredentialReply refused) => await Eventually.Async(async () =>
    {
        try
        {
            return await host.GetAsync(user, refused: refused.CredentialId);
        }
        catch (RpcException away) when (away.StatusCode == StatusCode.Unavailable)
        {
            return null;
        }
    });
}
