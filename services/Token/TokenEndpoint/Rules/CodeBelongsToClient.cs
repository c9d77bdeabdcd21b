namespace ManagedOAuth.Token.TokenEndpoint.Rules;

/// <summary>The code was issued to this client, at this application.</summary>
public sealed class CodeBelongsToClient : Rule<TokenContext>
{
    public override string Id => "code.belongs-to-client";

    public override string Spec => "OAuth 2.1 §4.1.3";

    public override OAuthError? Check(TokenContext context)
        => context.Pending!.ApplicationId == context.Application.Id && context.Pending.ClientId == context.Client.ClientId
            ? null
            : OAuthError.InvalidGrant("The code was issued to another client.");
}
