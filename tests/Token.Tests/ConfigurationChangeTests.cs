using System.Diagnostics;
using System.Net;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Wolverine;

namespace ManagedOAuth.Token.Tests;

/// <summary>What a changed configuration does to grants. Each test has a cluster of its own, because it changes what all of them share.</summary>
public sealed class ConfigurationChangeTests : IAsyncLifetime
{
    private TokenCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TokenCluster.StartAsync(settings: new() { ["Token:EvaluationBatch"] = "2" });

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task PolicyChanged_EndsTheGrantsThatAreNowDenied()
    {
        var alice = new List<Tokens>();
        for (var i = 0; i < 5; i++)
        {
            alice.Add(await _cluster.LoginAsync());
        }

        _cluster.Peers.ChangePolicy(A.Policy() with { Include = [new Rule.EmailDomain("example.com"), new Rule.EmailDomain("other.test")] });
        var bob = await Eventually.Async(async () => (await _cluster.Replicas[0].RedeemAsync(
            await _cluster.CodeAsync(request => request.Identity = TokenCluster.Identity("bob@other.test")))).Tokens);

        // The message comes before the snapshot that it is about: it waits.
        var position = _cluster.Peers.Position + 1;
        using var change = new Activity("change of the configuration").Start();
        await SendAsync(new PolicyChanged([A.ApplicationId], position));
        _cluster.Peers.ChangePolicy(A.Policy("other.test", version: 3));

        foreach (var tokens in alice)
        {
            await Eventually.Async(async () => (await Audit.TypesAsync(_cluster, tokens.GrantId)).Contains("grant_denied"));
        }

        var ending = (await Audit.EventsAsync(_cluster, alice[0].GrantId))[^1];
        var denied = ending.GetProperty("data").GetProperty("decision");
        Assert.Equal(change.TraceId.ToHexString(), ending.GetProperty("trace_id").GetString());
        Assert.NotEqual(Guid.Empty, ending.GetProperty("causation_id").GetGuid());
        Assert.Equal((A.PolicyId, 3, "default deny: no include rule matched"), (denied.GetProperty("policy_id").GetGuid(), denied.GetProperty("policy_version").GetInt32(), denied.GetProperty("rule").GetString()));
        await using var feed = new FeedReader(_cluster);
        await feed.WaitForAsync(alice[4].GrantId);
        Assert.Equal("invalid_grant", (await _cluster.Replicas[0].RefreshAsync(alice[0].Refresh)).Error);
        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[0].RefreshAsync(bob.Refresh)).Status);
    }

    [Fact]
    public async Task Refresh_AfterThePolicyChanged_EndsTheGrantForGood()
    {
        var tokens = await _cluster.LoginAsync();
        var other = await _cluster.LoginAsync();
        _cluster.Peers.ChangePolicy(A.Policy("other.test", version: 2));
        var current = tokens.Refresh;
        await Eventually.Async(async () =>
        {
            var answer = await _cluster.Replicas[0].RefreshAsync(current);
            current = answer.Tokens?.Refresh ?? current;
            return answer.Error == "invalid_grant";
        });

        var denied = (await Audit.EventsAsync(_cluster, tokens.GrantId))[^1];
        Assert.Equal("grant_refresh_denied", denied.GetProperty("type").GetString());
        Assert.Equal(2, denied.GetProperty("data").GetProperty("decision").GetProperty("policy_version").GetInt32());

        // Allowed again: what was ended stays ended, what was not asked about lives.
        _cluster.Peers.ChangePolicy(A.Policy(version: 3));
        await Eventually.Async(async () => (await _cluster.Replicas[0].RedeemAsync(await _cluster.CodeAsync())).Tokens);
        Assert.Equal("invalid_grant", (await _cluster.Replicas[0].RefreshAsync(current)).Error);
        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[0].RefreshAsync(other.Refresh)).Status);
    }

    [Fact]
    public async Task Code_AfterThePolicyChanged_IssuesNothing()
    {
        var code = await _cluster.CodeAsync();
        _cluster.Peers.ChangePolicy(A.Policy("other.test", version: 2));
        await Eventually.Async(async () => (await _cluster.Replicas[0].RedeemAsync(await _cluster.CodeAsync())).Error == "invalid_grant");
        Assert.Equal("invalid_grant", (await _cluster.Replicas[0].RedeemAsync(code)).Error);
    }

    [Fact]
    public async Task ManagedOAuth_SwitchedOff_EndsItsGrants()
    {
        var tokens = await _cluster.LoginAsync();
        var position = _cluster.Peers.ChangeApplication(application => application with { OauthConfiguration = new OAuthConfiguration { Enabled = false } });
        await SendAsync(new PolicyChanged([A.ApplicationId], position));
        await Eventually.Async(async () => (await Audit.TypesAsync(_cluster, tokens.GrantId)).Contains("grant_revoked"));
    }

    [Fact]
    public async Task ApplicationDeleted_EndsItsGrants()
    {
        var tokens = await _cluster.LoginAsync();
        var position = _cluster.Peers.Change(snapshot => snapshot with { Applications = snapshot.Applications.Remove(A.ApplicationId) });
        await SendAsync(new ApplicationDeleted(A.ApplicationId, position));
        await Eventually.Async(async () => (await Audit.TypesAsync(_cluster, tokens.GrantId)).Contains("grant_revoked"));
        Assert.Equal("application_deleted", (await Audit.EventsAsync(_cluster, tokens.GrantId))[^1].GetProperty("data").GetProperty("reason").GetString());
    }

    [Fact]
    public async Task ProviderRemoved_EndsGrantsAndSessionsOfItsUsers_ForGood()
    {
        var (told, refreshed, waiting) = (await _cluster.LoginAsync(), await _cluster.LoginAsync(), await _cluster.CodeAsync());
        var session = Guid.Parse((await new Contracts.Token.Codes.CodesClient(_cluster.Replicas[0].Channel).OpenSessionAsync(
            new OpenSessionRequest { ApplicationId = A.ApplicationId.ToString(), Identity = TokenCluster.Identity(), Decision = TokenCluster.Decision() }, _cluster.Headers("authorization-server"))).GrantId);
        var other = A.Provider with { Id = Guid.NewGuid() };
        _cluster.Peers.Change(snapshot => snapshot with { IdentityProviders = snapshot.IdentityProviders.SetItem(other.Id, other) });
        var elsewhere = await Eventually.Async(async () => (await _cluster.Replicas[0].RedeemAsync(
            await _cluster.CodeAsync(request => request.Identity.IdentityProviderId = other.Id.ToString()))).Tokens);

        var position = _cluster.Peers.Change(snapshot => snapshot with { IdentityProviders = snapshot.IdentityProviders.Remove(A.ProviderId) });
        var current = refreshed.Refresh;
        await Eventually.Async(async () =>
        {
            var answer = await _cluster.Replicas[0].RefreshAsync(current);
            current = answer.Tokens?.Refresh ?? current;
            return answer.Error == "invalid_grant";
        });
        Assert.Equal("invalid_grant", (await _cluster.Replicas[0].RedeemAsync(waiting)).Error);
        await SendAsync(new ProviderRemoved(A.ProviderId, position));
        foreach (var (grant, end) in (IEnumerable<(Guid, string)>)[(told.GrantId, "grant_denied"), (session, "grant_denied"), (refreshed.GrantId, "grant_refresh_denied")])
        {
            await Eventually.Async(async () => (await Audit.TypesAsync(_cluster, grant)).Contains(end));
            Assert.Equal(
                "identity provider: the identity provider was removed",
                (await Audit.EventsAsync(_cluster, grant))[^1].GetProperty("data").GetProperty("decision").GetProperty("rule").GetString());
        }

        _cluster.Peers.Change(snapshot => snapshot with { IdentityProviders = snapshot.IdentityProviders.SetItem(A.ProviderId, A.Provider) });
        await Eventually.Async(async () => (await _cluster.Replicas[0].RedeemAsync(await _cluster.CodeAsync())).Tokens);
        Assert.Equal("invalid_grant", (await _cluster.Replicas[0].RefreshAsync(told.Refresh)).Error);
        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[0].RefreshAsync(elsewhere.Refresh)).Status);
    }

    [Fact]
    public async Task ProviderRemoved_RestoredBeforeItIsLookedAt_EndsTheGrantsOfLoginsBeforeTheRemoval()
    {
        var before = new List<Tokens>();
        for (var i = 0; i < 3; i++)
        {
            before.Add(await _cluster.LoginAsync());
        }

        var removedAt = DateTimeOffset.UtcNow;
        _cluster.Peers.Change(snapshot => snapshot with { IdentityProviders = snapshot.IdentityProviders.Remove(A.ProviderId) });
        var position = _cluster.Peers.Change(snapshot => snapshot with { IdentityProviders = snapshot.IdentityProviders.SetItem(A.ProviderId, A.Provider) });
        var after = await Eventually.Async(async () => (await _cluster.Replicas[0].RedeemAsync(await _cluster.CodeAsync())).Tokens);
        await SendAsync(new ProviderRemoved(A.ProviderId, position, removedAt));
        foreach (var tokens in before)
        {
            await Eventually.Async(async () => (await Audit.TypesAsync(_cluster, tokens.GrantId)).Contains("grant_denied"));
        }

        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[0].RefreshAsync(after.Refresh)).Status);
    }

    [Fact]
    public async Task GeoRule_WithoutAListOfCountries_RefusesWithoutConsumingAnything()
    {
        var current = (await _cluster.LoginAsync()).Refresh;
        var code = await _cluster.CodeAsync();
        _cluster.Peers.ChangePolicy(A.Policy(version: 2) with { Require = [new Rule.Geo("SE")] });
        await Eventually.Async(async () =>
        {
            var answer = await _cluster.Replicas[0].RefreshAsync(current);
            current = answer.Tokens?.Refresh ?? current;
            return answer is { Status: HttpStatusCode.ServiceUnavailable, Error: "temporarily_unavailable" };
        });
        var refused = await _cluster.Replicas[0].RedeemAsync(code);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"), (refused.Status, refused.Error));

        _cluster.Peers.ChangePolicy(A.Policy(version: 3));
        await Eventually.Async(async () => (await _cluster.Replicas[0].RefreshAsync(current)).Status == HttpStatusCode.OK);
        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[0].RedeemAsync(code)).Status);
    }

    // As Config does it: a row in Token's queue.
    private async Task SendAsync<T>(T message) where T : notnull
    {
        await using var scope = _cluster.Replicas[0].Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IMessageBus>().SendAsync(message);
    }
}
