using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>No parameter comes twice; <c>resource</c> alone may (RFC 8707 §2.1).</summary>
public sealed class ParametersNotRepeated : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "parameters_not_repeated";

    /// <inheritdoc />
    public string Spec => "OAuth 2.1 §3.1";

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Parameters!.Repeated.FirstOrDefault(AuthorizationParameters.Single.Contains) is { } name
            ? new Rejection(Errors.InvalidRequest, $"The parameter {name} is given more than once.")
            : null;
    }
}
