using ManagedOAuth.AuthorizationServer.Rules;

namespace ManagedOAuth.AuthorizationServer.Authorization.Rules;

/// <summary>The <c>state</c> is of a size that can be given back, and comes once: an ambiguous one is not given back at all.</summary>
public sealed class StateReturnable : IRule<AuthorizationContext>
{
    /// <inheritdoc />
    public string Id => "state_returnable";

    /// <inheritdoc />
    public string Spec => "OAuth 2.1 §4.1.1";

    /// <summary>Longest state, in characters.</summary>
    public const int MaximumLength = 2048;

    /// <inheritdoc />
    public Rejection? Check(AuthorizationContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (context.Parameters!.IsRepeated(AuthorizationParameters.State))
        {
            return new Rejection(Errors.InvalidRequest, "The parameter state is given more than once.");
        }

        var state = context.Parameters.One(AuthorizationParameters.State);
        if (state is { Length: > MaximumLength })
        {
            return new Rejection(Errors.InvalidRequest, "The state is longer than 2048 characters.");
        }

        context.State = state;
        return null;
    }
}
