namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>
/// One requirement of a protocol: a small stateless class that looks at the context and objects or does not. An endpoint is an ordered
/// list of them. What a rule learns for later ones it leaves in the context.
/// </summary>
/// <typeparam name="TContext">The request being checked.</typeparam>
public interface IRule<in TContext>
{
    /// <summary>Stable name of the requirement in our conformance table.</summary>
    string Id { get; }

    /// <summary>Where it is written: <c>RFC 7636 §4.6</c>.</summary>
    string Spec { get; }

    /// <summary>Null when the requirement is met.</summary>
    ValueTask<OAuthError?> CheckAsync(TContext context, CancellationToken cancellation);
}

/// <summary>A rule that needs no look-up.</summary>
public abstract class Rule<TContext> : IRule<TContext>
{
    public abstract string Id { get; }

    public abstract string Spec { get; }

    /// <summary>Null when the requirement is met.</summary>
    public abstract OAuthError? Check(TContext context);

    public ValueTask<OAuthError?> CheckAsync(TContext context, CancellationToken cancellation) => new(Check(context));
}

/// <summary>Runs ordered rules.</summary>
public static class RuleList
{
    /// <summary>The first objection; null when there is none.</summary>
    public static async ValueTask<OAuthError?> CheckAsync<TContext>(this IReadOnlyList<IRule<TContext>> rules, TContext context, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(rules);
        foreach (var rule in rules)
        {
            if (await rule.CheckAsync(context, cancellation) is { } objection)
            {
                return objection;
            }
        }

        return null;
    }
}
