using Wolverine;

namespace ManagedOAuth.Token.Grants;

/// <summary>Who changes a grant and what made them: stands on every event of the change.</summary>
/// <param name="Actor">Such as <c>client:...</c>, <c>token</c>, <c>api-token:...</c>.</param>
/// <param name="FlowId">The trace; empty = that of the current request.</param>
/// <param name="CausationId">The message that is being handled; empty = the current request.</param>
public sealed record GrantCause(string Actor, string FlowId = "", string CausationId = "")
{
    /// <summary>The message that is being handled, with the trace of whatever it was sent for.</summary>
    public static GrantCause Of(string actor, IMessageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new GrantCause(actor, context.CorrelationId ?? "", context.Envelope?.Id.ToString() ?? "");
    }
}
