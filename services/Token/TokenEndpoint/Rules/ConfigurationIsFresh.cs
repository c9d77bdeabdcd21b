namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>We know the configuration of now. If not, this is our outage: nothing is decided and nothing consumed.</summary>
public sealed class ConfigurationIsFresh : Rule<EndpointContext>
{
    public override string Id => "token.configuration-is-fresh";

    public override string Spec => "RFC 6749 §4.1.2.1";

    public override OAuthError? Check(EndpointContext context)
        => context.Configuration.IsFresh && context.Configuration.Snapshot.Organization is not null ? null : OAuthError.TemporarilyUnavailable();
}
