using System.Net;
using System.Text.Json;
using Grpc.Core;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace ManagedOAuth.Token.Tests;

/// <summary>Identity providers that move and remove users while their grants live.</summary>
public sealed class ProvisioningTests(ProvisioningTests.Fixture fixture) : IClassFixture<ProvisioningTests.Fixture>, IAsyncLifetime
{
    private readonly TokenCluster _cluster = fixture.Cluster;
    private readonly string _email = $"p-{Guid.NewGuid():N}@example.com";

    private Replica Replica => _cluster.Replicas[0];

    public async Task InitializeAsync()
    {
        var policy = A.Policy() with { Include = [new Rule.OidcClaim(A.ProviderId, IdentityClaims.Groups, "eng"), new Rule.OidcClaim(A.ProviderId, IdentityClaims.Groups, "ops")] };
        var position = _cluster.Peers.ChangePolicy(policy);
        var snapshots = Replica.Services.GetRequiredService<ServiceDefaults.Snapshots.IConfigurationSnapshots>();
        await Eventually.Async(() => snapshots.Current.Position >= position);
        _cluster.Peers.Provisioned = _ => new ProvisionedReply();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task UserWhoLeftTheGroup_LosesTheGrant_WithPolicyVersionAndRule()
    {
        var tokens = await LoginAsync();
        Say(groups: ["sales"]);
        await ChangeAsync();
        var end = await EndAsync(tokens.GrantId);
        var decision = end.GetProperty("data").GetProperty("decision");
        Assert.Equal(("grant_denied", A.PolicyId), (end.GetProperty("type").GetString(), decision.GetProperty("policy_id").GetGuid()));
        Assert.Equal("default deny: no include rule matched", decision.GetProperty("rule").GetString());
        Assert.Equal($"identity-provider:{A.ProviderId}", end.GetProperty("actor").GetString());
        Assert.Equal("invalid_grant", (await Replica.RefreshAsync(tokens.Refresh)).Error);
    }

    [Fact]
    public async Task UserWhoMovedInsideThePolicy_KeepsTheGrant_WithTheNewGroups()
    {
        var tokens = await LoginAsync();
        Say(groups: ["ops"]);
        await ChangeAsync();
        await Eventually.Async(async () => (await GrantAsync(tokens.GrantId)).Identity.Claims[IdentityClaims.Groups].Contains("ops"));
        Assert.Equal(HttpStatusCode.OK, (await Replica.RefreshAsync(tokens.Refresh)).Status);
    }

    [Fact]
    public async Task UserWhoWasRemoved_LosesGrantsAndSessions()
    {
        var tokens = await LoginAsync();
        Say(refusal: "the identity provider has deactivated or removed the user");
        await ChangeAsync();
        var rule = (await EndAsync(tokens.GrantId)).GetProperty("data").GetProperty("decision").GetProperty("rule").GetString();
        Assert.Equal("identity provider: the identity provider has deactivated or removed the user", rule);
    }

    [Fact]
    public async Task OtherProvidersAndOtherUsers_AreLeftAlone()
    {
        var tokens = await LoginAsync();
        _cluster.Peers.Provisioned = _ => new ProvisionedReply
        {
            Users = { new ProvisionedUser { Email = _email, Refusal = "gone" }, new ProvisionedUser { Email = "last-" + _email, Refusal = "gone" } },
        };
        await PublishAsync(new ProvisioningChanged(Guid.NewGuid(), [_email], false, DateTimeOffset.UtcNow));
        await PublishAsync(new ProvisioningChanged(A.ProviderId, ["somebody@example.com"], false, DateTimeOffset.UtcNow));
        var other = await LoginAsync("last-" + _email);
        await PublishAsync(new ProvisioningChanged(A.ProviderId, ["last-" + _email], false, DateTimeOffset.UtcNow));
        await EndAsync(other.GrantId);
        Assert.True((await GrantAsync(tokens.GrantId)).IsLive);
    }

    [Fact]
    public async Task Reauthentication_EndsWhatWasBegunBefore()
    {
        var tokens = await LoginAsync();
        await PublishAsync(new ProvisioningChanged(A.ProviderId, [_email], true, DateTimeOffset.UtcNow.AddSeconds(-30)));
        await PublishAsync(new ProvisioningChanged(A.ProviderId, [_email], true, DateTimeOffset.UtcNow.AddSeconds(1)));
        Assert.Contains("new login", (await EndAsync(tokens.GrantId)).GetProperty("data").GetProperty("decision").GetProperty("rule").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AuthorizationServerAway_IsWaitedFor()
    {
        var tokens = await LoginAsync();
        var asked = 0;
        _cluster.Peers.Provisioned = _ => ++asked < 3 ? throw new RpcException(new Status(StatusCode.Unavailable, "away")) : Reply(_email, "gone", null);
        await ChangeAsync();
        await EndAsync(tokens.GrantId);
        Assert.True(asked >= 3);
    }

    private Task<Tokens> LoginAsync(string? email = null) => _cluster.LoginAsync(request =>
    {
        request.Identity = TokenCluster.Identity(email ?? _email);
        request.Identity.UserId = Guid.NewGuid().ToString();
        request.Identity.Claims.Add(new Claim { Name = IdentityClaims.Groups, Values = { "eng" } });
    });

    private void Say(string refusal = "", string[]? groups = null) => _cluster.Peers.Provisioned = _ => Reply(_email, refusal, groups);

    private static ProvisionedReply Reply(string email, string refusal, string[]? groups)
        => new() { Users = { new ProvisionedUser { Email = email, Refusal = refusal, HasGroups = groups is not null, Groups = { groups ?? [] } } } };

    private Task ChangeAsync() => PublishAsync(new ProvisioningChanged(A.ProviderId, [_email], false, DateTimeOffset.UtcNow));

    private async Task PublishAsync(ProvisioningChanged message)
    {
        await using var scope = Replica.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IMessageBus>().PublishAsync(message);
    }

    private async Task<Grant> GrantAsync(Guid id) => (await Replica.Services.GetRequiredService<GrantWriter>().FindAsync(id, default))!;

    private async Task<JsonElement> EndAsync(Guid id)
    {
        await Eventually.Async(async () => !(await GrantAsync(id)).IsLive);
        var reply = await new GrantQueries.GrantQueriesClient(Replica.Channel).EventsAsync(new GrantEventsRequest { GrantId = id.ToString() }, _cluster.Headers("config"));
        return JsonDocument.Parse(reply.Events[^1].ToStringUtf8()).RootElement;
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public TokenCluster Cluster { get; private set; } = null!;

        public async Task InitializeAsync() => Cluster = await TokenCluster.StartAsync();

        public async Task DisposeAsync() => await Cluster.DisposeAsync();
    }
}
