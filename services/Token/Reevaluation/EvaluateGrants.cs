using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Grants;
using Marten;
using Microsoft.Extensions.Options;
using Wolverine;

namespace ManagedOAuth.Token.Reevaluation;

/// <summary>To this service itself: one step of the evaluation of all live grants of some applications.</summary>
/// <param name="ApplicationIds">The applications.</param>
/// <param name="Position">The configuration to evaluate on is at least this new.</param>
/// <param name="After">Grants up to this id are done.</param>
/// <param name="IssuedAfter">Only grants issued later, in microseconds since 1970; 0 = all. Set in the second pass.</param>
public sealed record EvaluateGrants(IReadOnlyList<Guid> ApplicationIds, long Position, Guid After, long IssuedAfter = 0);

/// <summary>A changed configuration starts an evaluation in the background.</summary>
public static class PolicyChangedHandler
{
    public static EvaluateGrants Handle(PolicyChanged message) => new(message.ApplicationIds, message.Position, Guid.Empty);
}

/// <summary>A deleted application ends its grants the same way: the configuration no longer has it.</summary>
public static class ApplicationDeletedHandler
{
    public static EvaluateGrants Handle(ApplicationDeleted message) => new([message.ApplicationId], message.Position, Guid.Empty);
}

/// <summary>
/// Evaluates one batch and passes the rest on, so that a killed replica loses one batch at most. When all are done a second pass follows:
/// another replica may have issued a grant on an older configuration in the meantime, and by then none of them decides on that any more.
/// </summary>
public static partial class EvaluateGrantsHandler
{
    private static readonly TimeSpan s_clockSkew = TimeSpan.FromMinutes(2);

    public static async Task<OutgoingMessages> Handle(
        EvaluateGrants message,
        IMessageContext context,
        IDocumentStore store,
        GrantWriter grants,
        ConfigurationSource configuration,
        IOptions<TokenOptions> options,
        TimeProvider clock,
        ILogger<EvaluateGrants> logger,
        CancellationToken cancellation)
    {
        if (await GrantBatch.NotYetAsync(message, message.Position, configuration, cancellation) is { } later)
        {
            return later;
        }

        var began = clock.GetUtcNow();
        var page = await NextAsync(store, message, options.Value.EvaluationBatch, cancellation);
        var ended = await GrantBatch.EndAsync(page, grant => GrantEvaluation.Decide(configuration.Current.Snapshot, grant, clock.GetUtcNow()), grants, context, cancellation);
        if (ended > 0)
        {
            LogEnded(logger, ended, page.Count, message.Position);
        }

        if (page.Count == options.Value.EvaluationBatch)
        {
            return [message with { After = page[^1].Id }];
        }

        return message.IssuedAfter > 0
            ? []
            : new OutgoingMessages().Delay(SecondPass(message, began), options.Value.ConfigurationStalenessLimit);
    }

    private static EvaluateGrants SecondPass(EvaluateGrants message, DateTimeOffset began) => message with
    {
        After = Guid.Empty,
        IssuedAfter = (began - s_clockSkew).ToUnixTimeMilliseconds() * 1000,
    };

    // Grants decided on this configuration or a newer one are left out: they were evaluated when they were issued or refreshed.
    private static async Task<IReadOnlyList<Grant>> NextAsync(IDocumentStore store, EvaluateGrants message, int count, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.QueryAsync<Grant>(
            "where (data -> 'subject' ->> 'applicationId') = any(?) and ((data ->> 'isLive')::boolean) and d.id > ? "
            + "and ((data ->> 'configurationPosition')::bigint) < ? and ((data ->> 'issuedOrder')::bigint) > ? order by d.id limit ?",
            cancellation,
            message.ApplicationIds.Select(id => id.ToString()).ToArray(),
            message.After,
            message.Position,
            message.IssuedAfter,
            count);
    }

    [LoggerMessage(1, LogLevel.Information, "{Ended} of {Count} grants ended by configuration {Position}.", EventName = "GrantsEvaluated")]
    private static partial void LogEnded(ILogger logger, int ended, int count, long position);
}
