using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace ManagedOAuth.Token.Tests;

/// <summary>A revocation whose second half nobody asked for: the message ends the grants.</summary>
public sealed class EndRevokedTests : IAsyncLifetime
{
    private TokenCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TokenCluster.StartAsync();

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task UserRevoked_EndsWhatWasBegunBefore_AndNothingLater()
    {
        var before = await _cluster.LoginAsync();
        await PublishAsync(new UserRevoked("alice@example.com", "api-token:ops", DateTimeOffset.UtcNow.AddDays(-400)));
        await PublishAsync(new UserRevoked("bob@other.test", "api-token:ops", DateTimeOffset.UtcNow));
        Assert.Equal(System.Net.HttpStatusCode.OK, (await _cluster.Replicas[0].RefreshAsync(before.Refresh)).Status);

        await PublishAsync(new UserRevoked("alice@example.com", "api-token:ops", DateTimeOffset.UtcNow));
        await EndsAsync(before.GrantId);
    }

    [Fact]
    public async Task ClientBlocked_EndsItsGrantsAlone()
    {
        _cluster.Peers.Clients["client-2"] = null;
        var (blocked, other) = (await _cluster.LoginAsync(), await _cluster.Replicas[0].RedeemAsync(await _cluster.CodeAsync(request => request.ClientId = "client-2"), client: "client-2"));
        await PublishAsync(new ClientBlocked(A.ClientId, "api-token:ops", DateTimeOffset.UtcNow));
        await EndsAsync(blocked.GrantId);
        Assert.Equal(System.Net.HttpStatusCode.OK, (await _cluster.Replicas[0].RefreshAsync(other.Tokens!.Refresh, client: "client-2")).Status);
    }

    private async Task EndsAsync(Guid grant)
    {
        await Eventually.Async(async () => (await Audit.TypesAsync(_cluster, grant)).Contains("grant_revoked"));
        Assert.Equal("api-token:ops", (await Audit.EventsAsync(_cluster, grant))[^1].GetProperty("actor").GetString());
    }

    private async Task PublishAsync(object message)
    {
        await using var scope = _cluster.Replicas[0].Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IMessageBus>().PublishAsync(message);
    }
}
