using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Grants;
using Wolverine;

namespace ManagedOAuth.Token.Reevaluation;

/// <summary>What the background does with one batch of live grants, whatever brought it about.</summary>
internal static class GrantBatch
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);

    /// <summary>Null where the configuration is as new as a message needs it; else the message once more, later. Config being away is no failure of the message, so it spends no attempt.</summary>
    public static async Task<OutgoingMessages?> NotYetAsync<T>(T message, long position, ConfigurationSource configuration, CancellationToken cancellation)
        where T : notnull
        => await configuration.WaitForAsync(position, s_patience, cancellation) ? null : new OutgoingMessages().Delay(message, s_retry);

    /// <summary>Ends those of which a decision says so; gives how many. Each is decided once more on what it is when it is written.</summary>
    public static async Task<int> EndAsync(IReadOnlyList<Grant> page, Func<Grant, object?> decide, GrantWriter grants, IMessageContext context, CancellationToken cancellation)
    {
        var ended = 0;
        foreach (var grant in page)
        {
            if (decide(grant) is not null)
            {
                await grants.ChangeAsync(grant.Id, GrantCause.Of("token", context), decide, cancellation);
                ended++;
            }
        }

        return ended;
    }
}
