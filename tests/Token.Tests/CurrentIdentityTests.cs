using System.Net;
using System.Text.Json;
using Grpc.Core;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Token.Tests;

/// <summary>Refreshes of grants whose identity provider can be asked again.</summary>
public sealed class CurrentIdentityTests(CurrentIdentityTests.Fixture fixture) : IClassFixture<CurrentIdentityTests.Fixture>
{
    private readonly TokenCluster _cluster = fixture.Cluster;

    private Replica Replica => _cluster.Replicas[0];

    [Fact]
    public async Task Refresh_DecidesOnTheClaimsOfNow_AndRecordsThemWhenTheyChanged()
    {
        var tokens = await LoginAsync();
        var asked = 0;
        Say("eng", _ => asked++);
        var second = (await Replica.RefreshAsync(tokens.Refresh)).Tokens!;
        Say("eng", _ => asked++, "more");
        Assert.Equal(HttpStatusCode.OK, (await Replica.RefreshAsync(second.Refresh)).Status);
        Assert.Equal(2, asked);
        Assert.Equal(["more"], (await GrantAsync(tokens.GrantId)).Identity.Claims["extra"]);
        var refreshed = await EventsAsync(tokens.GrantId, "grant_refreshed");
        Assert.Equal([false, true], refreshed.Select(e => e.TryGetProperty("identity", out _)));
    }

    [Fact]
    public async Task UserRemovedFromTheGroup_IsDeniedWithThePolicyThatDecided()
    {
        var tokens = await LoginAsync();
        Say("sales");
        Assert.Equal("invalid_grant", (await Replica.RefreshAsync(tokens.Refresh)).Error);
        var denied = Assert.Single(await EventsAsync(tokens.GrantId, "grant_refresh_denied"));
        Assert.Contains("default deny", denied.GetProperty("decision").GetProperty("rule").GetString());
        Say("eng");
        Assert.Equal("invalid_grant", (await Replica.RefreshAsync(tokens.Refresh)).Error);
    }

    [Fact]
    public async Task ProviderThatNoLongerVouches_EndsTheGrantWithItsReason()
    {
        var tokens = await LoginAsync();
        _cluster.Peers.Current = _ => Task.FromResult(new CurrentIdentityReply { Refusal = "the user is gone" });
        Assert.Equal("invalid_grant", (await Replica.RefreshAsync(tokens.Refresh)).Error);
        var denied = Assert.Single(await EventsAsync(tokens.GrantId, "grant_refresh_denied"));
        Assert.Equal("identity provider: the user is gone", denied.GetProperty("decision").GetProperty("rule").GetString());
    }

    [Theory]
    [InlineData(StatusCode.Unavailable)]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.Unimplemented)]
    [InlineData(StatusCode.NotFound)]
    public async Task NoAnswer_Is503_AndTheSameTokenWorksAfterwards(StatusCode status)
    {
        var tokens = await LoginAsync();
        _cluster.Peers.Current = _ => throw new RpcException(new Status(status, "x"));
        var refused = await Replica.RefreshAsync(tokens.Refresh);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"), (refused.Status, refused.Error));
        Say("eng");
        Assert.Equal(HttpStatusCode.OK, (await Replica.RefreshAsync(tokens.Refresh)).Status);
    }

    [Fact]
    public async Task SlowAnswer_Is503WithinTheDeadline()
    {
        var tokens = await LoginAsync();
        var never = new TaskCompletionSource<CurrentIdentityReply>();
        _cluster.Peers.Current = _ => never.Task;
        var impatient = await _cluster.AddReplicaAsync(new() { ["Token:LookupDeadline"] = "00:00:02" });
        var refused = await impatient.RefreshAsync(tokens.Refresh);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"), (refused.Status, refused.Error));
        never.SetCanceled();
        await _cluster.StopAsync(impatient);
        Say("eng");
        Assert.Equal(HttpStatusCode.OK, (await Replica.RefreshAsync(tokens.Refresh)).Status);
    }

    [Fact]
    public async Task RepeatedRefresh_AsksOnceAndOlderTokensNever()
    {
        var tokens = await LoginAsync();
        var asked = 0;
        Say("eng", _ => Interlocked.Increment(ref asked));
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Reply.WhenAvailableAsync(() => Replica.RefreshAsync(tokens.Refresh))));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Single(answers.Select(answer => answer.Tokens!.Refresh).Distinct());
        Assert.Equal(1, asked);

        var next = (await Replica.RefreshAsync(answers[0].Tokens!.Refresh)).Tokens!;
        Assert.Equal(2, asked);
        Assert.Equal("invalid_grant", (await Replica.RefreshAsync(tokens.Refresh)).Error);
        Assert.Equal("invalid_grant", (await Replica.RefreshAsync(next.Refresh)).Error);
        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task IdentityWithoutProviderGrant_IsNotAskedAbout()
    {
        var tokens = await LoginAsync(providerGrant: false);
        _cluster.Peers.Current = _ => throw new RpcException(new Status(StatusCode.Internal, "nobody should ask"));
        Assert.Equal(HttpStatusCode.OK, (await Replica.RefreshAsync(tokens.Refresh)).Status);
    }

    private Task<Tokens> LoginAsync(string department = "eng", bool providerGrant = true) => _cluster.LoginAsync(request =>
    {
        request.Identity.ProviderGrantId = providerGrant ? Guid.NewGuid().ToString() : "";
        request.Identity.Claims.Add(new Claim { Name = "department", Values = { department } });
    });

    private void Say(string department, Action<CurrentIdentityRequest>? also = null, string? extra = null) => _cluster.Peers.Current = request =>
    {
        also?.Invoke(request);
        var reply = new CurrentIdentityReply { Email = "alice@example.com", Claims = { new CurrentClaim { Name = "department", Values = { department } } } };
        if (extra is not null)
        {
            reply.Claims.Add(new CurrentClaim { Name = "extra", Values = { extra } });
        }

        return Task.FromResult(reply);
    };

    private async Task<Grant> GrantAsync(Guid id) => (await Replica.Services.GetRequiredService<GrantWriter>().FindAsync(id, default))!;

    private async Task<List<JsonElement>> EventsAsync(Guid id, string type)
    {
        var reply = await new GrantQueries.GrantQueriesClient(Replica.Channel).EventsAsync(new GrantEventsRequest { GrantId = id.ToString() }, _cluster.Headers("config"));
        return [.. reply.Events.Select(bytes => JsonDocument.Parse(bytes.ToStringUtf8()).RootElement).Where(e => e.GetProperty("type").GetString() == type).Select(e => e.GetProperty("data"))];
    }

    public sealed class Fixture : IAsyncLifetime
    {
        public TokenCluster Cluster { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Cluster = await TokenCluster.StartAsync();
            var policy = A.Policy() with { Include = [new Rule.OidcClaim(A.ProviderId, "department", "eng")], Version = 2 };
            var position = Cluster.Peers.ChangePolicy(policy);
            await Testing.Eventually.Async(() => Cluster.Replicas[0].Services.GetRequiredService<ServiceDefaults.Snapshots.IConfigurationSnapshots>().Current.Position >= position);
        }

        public async Task DisposeAsync() => await Cluster.DisposeAsync();
    }
}
