using System.Collections.Immutable;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Token.Reevaluation;
using ManagedOAuth.Token.Tests.Support;

namespace ManagedOAuth.Token.Tests;

public class GrantEvaluationTests
{
    private readonly Guid _id = Guid.NewGuid();

    [Fact]
    public void Grant_StillAdmitted_LivesOn() => Assert.Null(GrantEvaluation.Decide(A.Snapshot(), A.Fold(_id, A.Issued()), A.Now));

    [Fact]
    public void Grant_NoLongerAdmitted_IsDeniedWithPolicyVersionAndRule()
    {
        var denied = Assert.IsType<GrantDenied>(GrantEvaluation.Decide(A.Snapshot(policy: A.Policy("other.test", 7)), A.Fold(_id, A.Issued()), A.Now));
        Assert.Equal((A.PolicyId, 7, "default deny: no include rule matched"), (denied.Decision.PolicyId, denied.Decision.PolicyVersion, denied.Decision.Rule));
        Assert.Equal(10, denied.ConfigurationPosition);
    }

    [Fact]
    public void Grant_DecidedByAnAddressThatIsNotKnownHere_LivesOn()
    {
        var policy = A.Policy() with { Require = [new Rule.Ip("10.0.0.0/8")] };
        Assert.Null(GrantEvaluation.Decide(A.Snapshot(policy: policy), A.Fold(_id, A.Issued()), A.Now));
    }

    [Fact]
    public void Grant_OfAProviderThatTheApplicationNoLongerAllows_IsDenied()
    {
        var narrowed = A.Snapshot(A.Application() with { AllowedIdps = [Guid.NewGuid()] });
        foreach (var kind in (GrantKind[])[GrantKind.Oauth, GrantKind.Browser])
        {
            var denied = Assert.IsType<GrantDenied>(GrantEvaluation.Decide(narrowed, A.Fold(_id, A.Issued(kind: kind)), A.Now));
            Assert.StartsWith("allowed_idps: ", denied.Decision.Rule, StringComparison.Ordinal);
        }

        Assert.Null(GrantEvaluation.Decide(A.Snapshot(A.Application() with { AllowedIdps = [Guid.NewGuid(), A.ProviderId] }), A.Fold(_id, A.Issued()), A.Now));
    }

    [Fact]
    public void Grant_OfALoginBeforeTheRemoval_IsDeniedThoughTheProviderIsBack_AndOfALaterOneStays()
    {
        var grant = A.Fold(_id, A.Issued());
        var denied = Assert.IsType<GrantDenied>(EndProviderGrantsHandler.Decide(A.Snapshot(), grant, grant.Identity.AuthenticatedAt, A.Now));
        Assert.Equal(GrantAdmission.ProviderRemoved, denied.Decision.Rule);
        Assert.Null(EndProviderGrantsHandler.Decide(A.Snapshot(), grant, grant.Identity.AuthenticatedAt.AddTicks(-1), A.Now));
    }

    [Fact]
    public void Grant_OfAProviderThatWasRemoved_IsDenied()
    {
        var removed = A.Snapshot() with { IdentityProviders = ImmutableDictionary<Guid, IdentityProvider>.Empty };
        foreach (var kind in (GrantKind[])[GrantKind.Oauth, GrantKind.Browser])
        {
            var denied = Assert.IsType<GrantDenied>(GrantEvaluation.Decide(removed, A.Fold(_id, A.Issued(kind: kind)), A.Now));
            Assert.Equal("identity provider: the identity provider was removed", denied.Decision.Rule);
        }

        var withoutProvider = A.Issued() with { Identity = A.Identity() with { IdentityProviderId = Guid.Empty } };
        Assert.Null(GrantEvaluation.Decide(removed, A.Fold(_id, withoutProvider), A.Now));
    }

    [Fact]
    public void Application_Deleted_RevokesBothKinds()
    {
        var snapshot = A.Snapshot() with { Applications = ImmutableDictionary<Guid, Application>.Empty };
        foreach (var kind in (GrantKind[])[GrantKind.Oauth, GrantKind.Browser])
        {
            var revoked = Assert.IsType<GrantRevoked>(GrantEvaluation.Decide(snapshot, A.Fold(_id, A.Issued(kind: kind)), A.Now));
            Assert.Equal(RevocationReason.ApplicationDeleted, revoked.Reason);
        }
    }

    [Fact]
    public void ManagedOAuth_SwitchedOff_RevokesOAuthGrantsOnly()
    {
        var snapshot = A.Snapshot(A.Application() with { OauthConfiguration = null });
        Assert.Equal(RevocationReason.ManagedOauthOff, Assert.IsType<GrantRevoked>(GrantEvaluation.Decide(snapshot, A.Fold(_id, A.Issued()), A.Now)).Reason);
        Assert.Null(GrantEvaluation.Decide(snapshot, A.Fold(_id, A.Issued(kind: GrantKind.Browser)), A.Now));
    }

    [Fact]
    public void Grant_Ended_IsNotEndedAgain()
    {
        var grant = A.Fold(_id, A.Issued());
        grant.Apply(new GrantExpired { Subject = A.Subject, Decision = A.Allowed, EndedAt = A.Now, AccessEndsAt = A.Now });
        Assert.Null(GrantEvaluation.Decide(A.Snapshot(policy: A.Policy("other.test")), grant, A.Now));
        Assert.Equal("grant_expired", grant.EndReason);
    }
}
