using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Grants;
using Marten;
using Microsoft.Extensions.Options;
using Wolverine;

namespace ManagedOAuth.Token.Reevaluation;

/// <summary>To this service itself: one step through the live grants of users who came by a removed identity provider.</summary>
/// <param name="ProviderId">The identity provider.</param>
/// <param name="At">When it was removed.</param>
/// <param name="Position">Configuration position that holds the removal.</param>
/// <param name="After">Grants up to this id are done.</param>
/// <param name="Look">How often all of them have been looked at.</param>
public sealed record EndProviderGrants(Guid ProviderId, DateTimeOffset At, long Position, Guid After, int Look = 0);

/// <summary>A removed identity provider ends the grants of those who came by it, at whatever application.</summary>
public static class ProviderRemovedHandler
{
    public static EndProviderGrants Handle(ProviderRemoved message, TimeProvider clock)
        => new(message.ProviderId, message.At == default ? clock.GetUtcNow() : message.At, message.Position, Guid.Empty);
}

/// <summary>
/// Ends one batch and passes the rest on, so that a killed replica loses one batch at most. Two more looks follow: when no replica decides on an older
/// configuration any more, and when every code that was on its way then has been redeemed or is over.
/// </summary>
public static partial class EndProviderGrantsHandler
{
    // A code lives for a minute, and clocks differ a little.
    private static readonly TimeSpan s_codes = TimeSpan.FromSeconds(90);

    public static async Task<OutgoingMessages> Handle(
        EndProviderGrants message,
        IMessageContext context,
        IDocumentStore store,
        GrantWriter grants,
        ConfigurationSource configuration,
        IOptions<TokenOptions> options,
        TimeProvider clock,
        ILogger<EndProviderGrants> logger,
        CancellationToken cancellation)
    {
        if (await GrantBatch.NotYetAsync(message, message.Position, configuration, cancellation) is { } later)
        {
            return later;
        }

        var page = await NextAsync(store, message, options.Value.EvaluationBatch, cancellation);
        var ended = await GrantBatch.EndAsync(page, grant => Decide(configuration.Current.Snapshot, grant, message.At, clock.GetUtcNow()), grants, context, cancellation);
        if (ended > 0)
        {
            LogEnded(logger, ended, message.ProviderId);
        }

        if (page.Count == options.Value.EvaluationBatch)
        {
            return [message with { After = page[^1].Id }];
        }

        var next = message with { After = Guid.Empty, Look = message.Look + 1 };
        return message.Look switch
        {
            0 => new OutgoingMessages().Delay(next, options.Value.ConfigurationStalenessLimit),
            1 => new OutgoingMessages().Delay(next, s_codes),
            _ => [],
        };
    }

    /// <summary>
    /// The event that ends the grant, or null. Where the user logged in before the removal, a provider that has been restored since saves nothing; a later
    /// login is decided on the configuration.
    /// </summary>
    /// <param name="snapshot">The configuration of now.</param>
    /// <param name="grant">A grant of a user who came by the provider.</param>
    /// <param name="removedAt">When the provider was removed.</param>
    /// <param name="now">The time.</param>
    public static object? Decide(ConfigurationSnapshot snapshot, Grant grant, DateTimeOffset removedAt, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(grant);
        return grant.Identity.AuthenticatedAt <= removedAt
            ? GrantEnding.Deny(grant, new PolicyDecision { Outcome = PolicyOutcome.Deny, Rule = GrantAdmission.ProviderRemoved }, snapshot.Position, now)
            : GrantEvaluation.Decide(snapshot, grant, now);
    }

    private static async Task<IReadOnlyList<Grant>> NextAsync(IDocumentStore store, EndProviderGrants message, int count, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.QueryAsync<Grant>(
            "where (data -> 'identity' ->> 'identityProviderId') = ? and ((data ->> 'isLive')::boolean) and d.id > ? order by d.id limit ?",
            cancellation,
            message.ProviderId.ToString(),
            message.After,
            count);
    }

    [LoggerMessage(1, LogLevel.Information, "{Ended} grants ended with identity provider {ProviderId}.", EventName = "ProviderGrantsEnded")]
    private static partial void LogEnded(ILogger logger, int ended, Guid providerId);
}
