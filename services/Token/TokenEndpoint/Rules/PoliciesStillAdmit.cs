using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>The policies of now admit the user who consented a moment ago.</summary>
public sealed class PoliciesStillAdmit : Rule<TokenContext>
{
    public override string Id => "code.policies-still-admit";

    public override string Spec => "RFC 6749 §5.2";

    public override OAuthError? Check(TokenContext context)
    {
        context.Decision = GrantAdmission.Evaluate(
            context.Configuration.Snapshot,
            context.Application,
            context.Pending!.Identity,
            new RequestFacts { ClientAddress = context.Request.ClientAddress });
        if (context.Decision.AdmitsUser)
        {
            return null;
        }

        if (GeoRules.HaveNoList(context.Configuration.Snapshot, context.Application, context.Decision))
        {
            // Nobody said no: the code stays as it is.
            return OAuthError.TemporarilyUnavailable();
        }

        context.Consequence = TokenConsequence.Denied;
        return OAuthError.InvalidGrant("The policies of the application do not admit the user.");
    }
}
