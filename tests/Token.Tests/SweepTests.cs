using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Token.Tests.Support;

namespace ManagedOAuth.Token.Tests;

/// <summary>Whole revocations, the identities of users, and the administration of signing keys.</summary>
public sealed class SweepTests(TokenFlowTests.Fixture fixture) : IClassFixture<TokenFlowTests.Fixture>
{
    private readonly TokenCluster _cluster = fixture.Cluster;

    private GrantQueries.GrantQueriesClient Queries => new(_cluster.Replicas[0].Channel);

    private SigningKeyAdmin.SigningKeyAdminClient Keys => new(_cluster.Replicas[0].Channel);

    private Metadata AsConfig => _cluster.Headers("config");

    [Fact]
    public async Task EndAll_OfAUser_EndsTheirGrantsAndNobodyElses()
    {
        const string Email = "sweep-user@example.com";
        var mine = await _cluster.LoginAsync(change => change.Identity = TokenCluster.Identity(Email));
        var others = await _cluster.LoginAsync(change => change.Identity = TokenCluster.Identity("sweep-other@example.com"));

        var reply = await Queries.EndAllAsync(new EndAllRequest { Email = Email.ToUpperInvariant(), Actor = "api-token:test", Reason = "left" }, AsConfig);
        Assert.Equal((1, false), (reply.Ended, reply.More));
        Assert.Equal(["grant_issued", "grant_revoked"], await Audit.TypesAsync(_cluster, mine.GrantId));
        Assert.Equal(["grant_issued"], await Audit.TypesAsync(_cluster, others.GrantId));
        Assert.Equal(0, (await Queries.EndAllAsync(new EndAllRequest { Email = Email, Actor = $"user:{new string('a', 242)}@example.com" }, AsConfig)).Ended);
    }

    [Fact]
    public async Task Uses_OfAGrant_AreShownWithIt_TheNewestCounts()
    {
        const string Email = "sweep-used@example.com";
        var tokens = await _cluster.LoginAsync(change => change.Identity = TokenCluster.Identity(Email));
        var uses = new GrantUses.GrantUsesClient(_cluster.Replicas[0].Channel);
        Assert.Null(await UsedAsync());
        var now = DateTimeOffset.UtcNow;
        foreach (var times in (DateTimeOffset[][])[[now.AddMinutes(-10), now.AddMinutes(-12)], [now.AddMinutes(-20)], [now.AddDays(1)]])
        {
            var report = new GrantUsesReport { Uses = { times.Select(at => new GrantUse { GrantId = tokens.GrantId.ToString(), At = at.ToTimestamp() }) } };
            await uses.ReportAsync(report, _cluster.Headers("edge"));
            Assert.InRange((await UsedAsync())!.Value, now.AddMinutes(-10).AddSeconds(-1), DateTimeOffset.UtcNow);
        }

        Assert.True((await UsedAsync())!.Value >= now.AddSeconds(-1));
        await Assert.ThrowsAsync<RpcException>(async () => await uses.ReportAsync(new GrantUsesReport(), AsConfig));

        async Task<DateTimeOffset?> UsedAsync()
        {
            var reply = await Queries.ListAsync(new ListGrantsRequest { Email = Email, Limit = 1 }, AsConfig);
            using var grant = System.Text.Json.JsonDocument.Parse(Assert.Single(reply.Grants).Memory);
            return grant.RootElement.TryGetProperty("last_used_at", out var used) ? used.GetDateTimeOffset() : null;
        }
    }

    [Fact]
    public async Task Events_InPages_BeginWithTheNewest()
    {
        const string Email = "sweep-pages@example.com";
        var tokens = await _cluster.LoginAsync(change => change.Identity = TokenCluster.Identity(Email));
        await Queries.EndAllAsync(new EndAllRequest { Email = Email, Actor = "api-token:test" }, AsConfig);
        var request = new GrantEventsRequest { GrantId = tokens.GrantId.ToString(), Limit = 1 };
        var newest = await Queries.EventsAsync(request, AsConfig);
        Assert.Equal((2, 2), (newest.First, newest.TotalCount));
        Assert.Contains("grant_revoked", Assert.Single(newest.Events).ToStringUtf8(), StringComparison.Ordinal);
        request.Before = newest.First;
        var oldest = await Queries.EventsAsync(request, AsConfig);
        Assert.Equal((1, 2), (oldest.First, oldest.TotalCount));
        Assert.Contains("grant_issued", Assert.Single(oldest.Events).ToStringUtf8(), StringComparison.Ordinal);
        request.Before = 1;
        Assert.Empty((await Queries.EventsAsync(request, AsConfig)).Events);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EndAll_CodeThatWasMadeBefore_OpensNothing(bool ofUser)
    {
        var email = $"sweep-code-{ofUser}@example.com".ToLowerInvariant();
        var code = await _cluster.CodeAsync(change => change.Identity = TokenCluster.Identity(email));
        var request = new EndAllRequest { Actor = "api-token:test" };
        if (ofUser)
        {
            request.Email = email;
        }
        else
        {
            request.ApplicationId = A.ApplicationId.ToString();
        }

        await Queries.EndAllAsync(request, AsConfig);
        var refused = await _cluster.Replicas[0].RedeemAsync(code);
        Assert.Equal("invalid_grant", refused.Error);

        // Somebody who has logged in since then comes in as ever.
        var fresh = TokenCluster.Identity(email);
        fresh.AuthenticatedAt = DateTimeOffset.UtcNow.AddSeconds(5).ToTimestamp();
        await _cluster.LoginAsync(change => change.Identity = fresh);
    }

    [Fact]
    public async Task EndAll_OfAClient_EndsItsGrants_AndNoCodeOfItOpensAnythingAgain()
    {
        const string Client = "sweep-client";
        var mine = (await _cluster.Replicas[0].RedeemAsync(await _cluster.CodeAsync(change => change.ClientId = Client), client: Client)).Tokens!;
        var other = await _cluster.LoginAsync(_ => { });
        var code = await _cluster.CodeAsync(change => change.ClientId = Client);
        Assert.Equal(1, (await Queries.EndAllAsync(new EndAllRequest { ClientId = Client, Actor = "api-token:test" }, AsConfig)).Ended);
        Assert.Equal(["grant_issued", "grant_revoked"], await Audit.TypesAsync(_cluster, mine.GrantId));
        Assert.Equal(["grant_issued"], await Audit.TypesAsync(_cluster, other.GrantId));
        Assert.Equal("invalid_grant", (await _cluster.Replicas[0].RedeemAsync(code, client: Client)).Error);

        // A client that is gone does not come back, however late the login is.
        var late = TokenCluster.Identity("late@example.com");
        late.AuthenticatedAt = DateTimeOffset.UtcNow.AddSeconds(5).ToTimestamp();
        var after = await _cluster.CodeAsync(change => (change.ClientId, change.Identity) = (Client, late));
        Assert.Equal("invalid_grant", (await _cluster.Replicas[0].RedeemAsync(after, client: Client)).Error);
    }

    [Fact]
    public async Task Live_GivesTheIdentitiesOfLiveGrants_AndSummaryCountsThem()
    {
        const string Email = "live-reader@example.com";
        var kept = await _cluster.LoginAsync(change => change.Identity = TokenCluster.Identity(Email));
        var ended = await _cluster.LoginAsync(change => change.Identity = TokenCluster.Identity(Email));
        await Queries.RevokeAsync(new RevokeGrantRequest { GrantId = ended.GrantId.ToString(), Actor = "api-token:test" }, AsConfig);
        using var call = Queries.Live(new LiveGrantsRequest { ApplicationIds = { A.ApplicationId.ToString() } }, AsConfig);
        var mine = new List<LiveGrant>();
        await foreach (var grant in call.ResponseStream.ReadAllAsync())
        {
            if (grant.Identity.ToStringUtf8().Contains(Email, StringComparison.Ordinal))
            {
                mine.Add(grant);
            }
        }

        Assert.Equal((A.ApplicationId.ToString(), true), (Assert.Single(mine).ApplicationId, mine[0].Oauth));
        var summary = await Queries.SummaryAsync(new GrantSummaryRequest { Days = 2 }, AsConfig);
        Assert.InRange(summary.ActiveUsers, 1, summary.ActiveGrants);
        Assert.Equal(summary.ActiveGrants, summary.Applications.Sum(entry => entry.ActiveGrants));
        Assert.True(summary.Days.Sum(day => day.Issued) >= summary.ActiveGrants);
        Assert.InRange(summary.Days[^1].Day, (long)(DateTime.UtcNow - DateTime.UnixEpoch).TotalDays - 1, (long)(DateTime.UtcNow - DateTime.UnixEpoch).TotalDays);
        Assert.NotEqual(kept.GrantId, ended.GrantId);
    }

    [Fact]
    public async Task EndAll_OfNobody_IsRefused()
        => Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(async () => await Queries.EndAllAsync(new EndAllRequest { Actor = "x" }, AsConfig))).StatusCode);

    [Fact]
    public async Task Identities_AreOneForEachUserInTheOrderOfTheirAddresses()
    {
        foreach (var email in (string[])["zz-b@example.com", "zz-a@example.com", "zz-b@example.com"])
        {
            await _cluster.LoginAsync(change => change.Identity = TokenCluster.Identity(email));
        }

        var page = await Queries.ListIdentitiesAsync(new IdentitiesRequest { AfterEmail = "zz", Limit = 10 }, AsConfig);
        Assert.Equal(["zz-a@example.com", "zz-b@example.com"], page.Identities.Select(Email));
        Assert.Equal(["zz-b@example.com"], (await Queries.ListIdentitiesAsync(new IdentitiesRequest { AfterEmail = "zz-a@example.com", Limit = 10 }, AsConfig)).Identities.Select(Email));
        Assert.Single((await Queries.ListIdentitiesAsync(new IdentitiesRequest { Email = "zz-a@example.com" }, AsConfig)).Identities);
    }

    [Fact]
    public async Task Keys_IntervalIsChangedAndTheNextKeyTakesOverOnDemand()
    {
        Assert.Equal(42, (await Keys.GetAsync(new SigningKeySettingsRequest(), AsConfig)).KeyRotationIntervalDays);
        var changed = await Keys.ChangeAsync(new ChangeSigningKeysRequest { KeyRotationIntervalDays = 30, Actor = "api-token:test" }, AsConfig);
        Assert.Equal((30, 30), (changed.KeyRotationIntervalDays, changed.DaysUntilNextRotation));
        foreach (var days in (int[])[0, 20, 366])
        {
            var refused = await Assert.ThrowsAsync<RpcException>(async () => await Keys.ChangeAsync(new ChangeSigningKeysRequest { KeyRotationIntervalDays = days, Actor = "x" }, AsConfig));
            Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        }

        SigningKeySettings? rotated = null;
        await ManagedOAuth.Testing.Eventually.Async(async () =>
        {
            try
            {
                rotated = await Keys.RotateAsync(new RotateSigningKeysRequest { Actor = "api-token:test" }, AsConfig);
                return true;
            }
            catch (RpcException early) when (early.StatusCode == StatusCode.FailedPrecondition)
            {
                // The next key of this young cluster is not known everywhere yet.
                return false;
            }
        });
        Assert.True(rotated!.LastKeyRotationAt >= changed.LastKeyRotationAt);
        Assert.NotEqual(changed.LastKeyRotationAt, rotated.LastKeyRotationAt);
    }

    private static string Email(Google.Protobuf.ByteString identity)
        => System.Text.Json.JsonDocument.Parse(identity.Memory).RootElement.GetProperty("email").GetString()!;
}
