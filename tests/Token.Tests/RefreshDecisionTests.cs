using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Refresh;
using ManagedOAuth.Token.Secrets;
using ManagedOAuth.Token.Tests.Support;

namespace ManagedOAuth.Token.Tests;

public class RefreshDecisionTests
{
    private static readonly GrantTimes s_times = new(TimeSpan.FromMinutes(15), TimeSpan.FromHours(336), TimeSpan.FromSeconds(60));
    private readonly Guid _id = Guid.NewGuid();

    [Fact]
    public void CurrentToken_Admitted_Rotates()
    {
        var token = A.RefreshToken(_id);
        var decision = RefreshDecision.Decide(A.Fold(_id, A.Issued(token.Hash)), Attempt(token, A.Now.AddMinutes(14)));

        Assert.Equal(RefreshOutcome.Rotated, decision.Outcome);
        var refreshed = Assert.IsType<GrantRefreshed>(decision.Event);
        Assert.Equal(A.Now.AddMinutes(29), decision.AccessTokenEnd);
        Assert.Equal(A.Now.AddMinutes(29), refreshed.AccessEndsAt);
        Assert.Equal(A.Now.AddHours(336), refreshed.ExpiresAt);
        Assert.Equal(A.Allowed, refreshed.Decision);
    }

    [Fact]
    public void NeedsIdentity_OnlyOfTheCurrentTokenOfALiveGrant_WhateverTheOldClaimsWouldDecide()
    {
        var token = A.RefreshToken(_id);
        var askable = A.Issued(token.Hash) with { Identity = A.Identity() with { ProviderGrantId = Guid.NewGuid() } };
        Assert.True(Needs(askable, Attempt(token, A.Now)));
        Assert.True(Needs(askable, Attempt(token, A.Now) with { Decision = A.Denied }));
        Assert.False(Needs(A.Issued(token.Hash), Attempt(token, A.Now)));
        Assert.False(Needs(askable, Attempt(A.RefreshToken(_id), A.Now)));
        Assert.False(Needs(askable, Attempt(token, A.Now.AddDays(400))));
        Assert.False(Needs(askable, Attempt(token, A.Now) with { Current = new CurrentIdentity(A.Identity(), null) }));

        bool Needs(GrantIssued issued, RefreshAttempt attempt)
        {
            var grant = A.Fold(_id, issued);
            return RefreshDecision.NeedsIdentity(grant, attempt, RefreshDecision.Decide(grant, attempt));
        }
    }

    [Fact]
    public void Predecessor_SuccessorUnusedInsideWindow_IsRepeated()
    {
        var (first, grant, _) = Rotated(A.Now);
        var decision = RefreshDecision.Decide(grant, Attempt(first, A.Now.AddSeconds(59)));

        Assert.Equal(RefreshOutcome.Repeated, decision.Outcome);
        Assert.IsType<GrantRefreshRepeated>(decision.Event);
    }

    [Fact]
    public void Predecessor_AfterWindow_EndsTheGrant()
    {
        var (first, grant, _) = Rotated(A.Now);
        var decision = RefreshDecision.Decide(grant, Attempt(first, A.Now.AddSeconds(60)));

        Assert.Equal(RefreshOutcome.Replayed, decision.Outcome);
        var replay = Assert.IsType<GrantReplayDetected>(decision.Event);
        Assert.Equal((1, 2), (replay.PresentedGeneration, replay.CurrentGeneration));
    }

    [Fact]
    public void Predecessor_GraceTurnedOffSince_EndsTheGrant()
    {
        var (first, grant, _) = Rotated(A.Now);
        var decision = RefreshDecision.Decide(grant, Attempt(first, A.Now.AddSeconds(1)) with { Times = s_times with { RefreshGrace = TimeSpan.Zero } });

        Assert.Equal(RefreshOutcome.Replayed, decision.Outcome);
    }

    [Fact]
    public void Predecessor_SuccessorUsed_EndsTheGrant()
    {
        var (first, grant, second) = Rotated(A.Now);
        var third = RefreshDecision.Decide(grant, Attempt(second, A.Now.AddSeconds(1)));
        grant.Apply((GrantRefreshed)third.Event!);
        var decision = RefreshDecision.Decide(grant, Attempt(first, A.Now.AddSeconds(2)) with { EarlierGeneration = 1 });

        Assert.Equal(RefreshOutcome.Replayed, decision.Outcome);
        Assert.Equal(3, Assert.IsType<GrantReplayDetected>(decision.Event).CurrentGeneration);
    }

    [Fact]
    public void MadeUpToken_OfARealGrant_ChangesNothing()
    {
        var (_, grant, _) = Rotated(A.Now);
        var decision = RefreshDecision.Decide(grant, Attempt(A.RefreshToken(_id), A.Now));

        Assert.Equal(new RefreshDecision(RefreshOutcome.NotOurs), decision);
    }

    [Fact]
    public void Denied_ByPolicy_EndsTheGrantWithPolicyVersionAndRule()
    {
        var token = A.RefreshToken(_id);
        var decision = RefreshDecision.Decide(A.Fold(_id, A.Issued(token.Hash)), Attempt(token, A.Now) with { Decision = A.Denied });

        Assert.Equal(RefreshOutcome.Denied, decision.Outcome);
        var denied = Assert.IsType<GrantRefreshDenied>(decision.Event);
        Assert.Equal((A.PolicyId, 2, "default deny: no include rule matched"), (denied.Decision.PolicyId, denied.Decision.PolicyVersion, denied.Decision.Rule));
        Assert.Equal(A.Now.AddMinutes(15), denied.AccessEndsAt);
    }

    [Fact]
    public void Indeterminate_Decision_IsNoAdmission()
    {
        var token = A.RefreshToken(_id);
        var undecided = A.Allowed with { Outcome = Contracts.Policies.PolicyOutcome.Indeterminate };
        Assert.Equal(RefreshOutcome.Denied, RefreshDecision.Decide(A.Fold(_id, A.Issued(token.Hash)), Attempt(token, A.Now) with { Decision = undecided }).Outcome);
    }

    [Fact]
    public void SessionDuration_Shortened_AppliesAtOnceAndCountsFromTheLogin()
    {
        var token = A.RefreshToken(_id);
        var attempt = Attempt(token, A.Now.AddMinutes(10)) with { Times = s_times with { SessionDuration = TimeSpan.FromMinutes(5) } };

        var decision = RefreshDecision.Decide(A.Fold(_id, A.Issued(token.Hash)), attempt);
        Assert.Equal(RefreshOutcome.Expired, decision.Outcome);
        Assert.IsType<GrantExpired>(decision.Event);
    }

    [Fact]
    public void SessionDuration_Lengthened_DoesNotReviveWhatIsOver()
    {
        var token = A.RefreshToken(_id);
        var attempt = Attempt(token, A.Now.AddHours(337)) with { Times = s_times with { SessionDuration = TimeSpan.FromHours(1000) } };

        Assert.Equal(RefreshOutcome.Expired, RefreshDecision.Decide(A.Fold(_id, A.Issued(token.Hash)), attempt).Outcome);
    }

    [Fact]
    public void AccessToken_NeverOutlivesTheGrant()
    {
        var token = A.RefreshToken(_id);
        var decision = RefreshDecision.Decide(A.Fold(_id, A.Issued(token.Hash)), Attempt(token, A.Now.AddHours(336).AddSeconds(-30.5)));

        Assert.Equal(A.Now.AddHours(336), decision.AccessTokenEnd);
    }

    [Fact]
    public void EndedGrant_AnyOfItsTokens_ChangesNothing()
    {
        var (first, grant, second) = Rotated(A.Now);
        grant.Apply(GrantEnding.Revoke(grant, RevocationReason.Client, A.Now)!);

        Assert.Equal(RefreshOutcome.Ended, RefreshDecision.Decide(grant, Attempt(first, A.Now)).Outcome);
        Assert.Equal(RefreshOutcome.Ended, RefreshDecision.Decide(grant, Attempt(second, A.Now)).Outcome);
    }

    /// <summary>Random lives: whatever is presented in whatever order, there is one head, it is unused, and nothing follows the end.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void RandomLives_KeepTheirInvariants(int seed)
    {
        var random = new Random(seed);
        for (var life = 0; life < 200; life++)
        {
            var tokens = new List<GrantSecret> { A.RefreshToken(_id) };
            var grant = A.Fold(_id, A.Issued(tokens[0].Hash));
            var now = A.Now;
            for (var step = 0; step < 40; step++)
            {
                now += TimeSpan.FromSeconds(random.Next(0, 50));
                var index = random.Next(4) == 0 ? random.Next(tokens.Count) : Math.Max(0, tokens.Count - 1 - random.Next(2));
                var successor = A.RefreshToken(_id);
                var attempt = Attempt(tokens[index], now) with
                {
                    SuccessorHash = successor.Hash,
                    EarlierGeneration = index + 1,
                    Decision = random.Next(50) == 0 ? A.Denied : A.Allowed,
                };
                var wasLive = grant.IsLive;
                var decision = RefreshDecision.Decide(grant, attempt);
                Assert.True(wasLive || decision.Event is null);
                switch (decision.Event)
                {
                    case GrantRefreshed e:
                        Assert.Equal(tokens.Count - 1, index);
                        grant.Apply(e);
                        tokens.Add(successor);
                        break;

                    case GrantRefreshRepeated e:
                        Assert.Equal(tokens.Count - 2, index);
                        grant.Apply(e);
                        break;

                    case GrantReplayDetected e:
                        Assert.True(index < tokens.Count - 1);
                        grant.Apply(e);
                        break;

                    case GrantRefreshDenied e:
                        grant.Apply(e);
                        break;
                }

                Assert.Equal(tokens[^1].Hash, grant.RefreshTokenHash);
                Assert.Equal(tokens.Count, grant.Generation);
                Assert.True(decision.AccessTokenEnd <= grant.ExpiresAt);
            }
        }
    }

    private (GrantSecret First, Grant Grant, GrantSecret Second) Rotated(DateTimeOffset at)
    {
        var (first, second) = (A.RefreshToken(_id), A.RefreshToken(_id));
        var grant = A.Fold(_id, A.Issued(first.Hash));
        grant.Apply((GrantRefreshed)RefreshDecision.Decide(grant, Attempt(first, at) with { SuccessorHash = second.Hash }).Event!);
        return (first, grant, second);
    }

    private static RefreshAttempt Attempt(GrantSecret presented, DateTimeOffset now) => new()
    {
        PresentedHash = presented.Hash,
        SuccessorHash = A.RefreshToken(presented.GrantId).Hash,
        AccessTokenId = Guid.NewGuid(),
        Scope = "read write",
        Decision = A.Allowed,
        ConfigurationPosition = 1,
        Times = s_times,
        Now = now,
    };
}
