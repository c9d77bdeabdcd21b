using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>The answer comes in the query, the only response mode that the metadata names.</summary>
public sealed class ResponseModeQuery : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "response_mode_query";

    /// <inheritdoc />
    public string Spec => "OAuth 2.0 Multiple Response Types §2.1";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Parameters!.One(AuthorizationParameters.ResponseMode) is null or "query"
            ? null
            : new Rejection(Errors.InvalidRequest, "The response_mode must be query.");
    }
}
