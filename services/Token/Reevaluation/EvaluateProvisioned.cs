using ManagedOAuth.Contracts.Messages;
using Wolverine;

namespace ManagedOAuth.Token.Reevaluation;

/// <summary>To this service itself: looks once more, when every code that was on its way has been redeemed or is over.</summary>
/// <param name="Change">What happened.</param>
public sealed record EvaluateProvisioned(ProvisioningChanged Change);

/// <summary>An identity provider changed, removed or moved users: what they hold by it is decided again at once.</summary>
public static class ProvisioningChangedHandler
{
    // A code lives for a minute, and clocks differ a little.
    private static readonly TimeSpan s_secondLook = TimeSpan.FromSeconds(90);

    // No failure of the message, so it spends no attempt: authorization-server is away.
    internal static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    public static async Task<OutgoingMessages> Handle(ProvisioningChanged message, IMessageContext context, ProvisionedGrants grants, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(grants);
        return await grants.EvaluateAsync(message, context, cancellation)
            ? new OutgoingMessages().Delay(new EvaluateProvisioned(message), s_secondLook)
            : new OutgoingMessages().Delay(message, Retry);
    }
}

/// <summary>The second look.</summary>
public static class EvaluateProvisionedHandler
{
    public static async Task<OutgoingMessages> Handle(EvaluateProvisioned message, IMessageContext context, ProvisionedGrants grants, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(grants);
        return await grants.EvaluateAsync(message.Change, context, cancellation) ? [] : new OutgoingMessages().Delay(message, ProvisioningChangedHandler.Retry);
    }
}
