namespace ManagedOAuth.AuthorizationServer.Rules;

/// <summary>One requirement of a protocol endpoint: pure, named after what it demands, in exactly one ordered list.</summary>
/// <typeparam name="TContext">The request as the rules of one endpoint see it; a rule may write what it found out.</typeparam>
public interface IRule<in TContext>
{
    /// <summary>Stable and unique: written to logs and to the conformance table.</summary>
    string Id { get; }

    /// <summary>The section that demands it, such as <c>RFC 7636 §4.2</c>.</summary>
    string Spec { get; }

    /// <summary>Null when the request complies.</summary>
    Rejection? Check(TContext context);
}
