using System.Globalization;
using Grpc.Core;
using ManagedOAuth.Contracts.EdgeFigures;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Marten;

namespace ManagedOAuth.Config.Figures;

/// <summary>Takes what the edges counted. A repeated report replaces the one before, so nothing is counted twice.</summary>
[AllowedCallers("edge")]
public sealed class EdgeFiguresService(IDocumentStore store, TimeProvider clock) : EdgeFigures.EdgeFiguresBase
{
    /// <summary>How long a minute is kept.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromHours(2);

    private const int MostMinutes = 10;
    private const int MostApplications = 1000;
    private const int LongestName = 100;

    /// <inheritdoc/>
    public override async Task<FiguresReply> Report(FiguresReport request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Edge.Length is 0 or > LongestName || request.Minutes.Count > MostMinutes || request.Minutes.Any(minute => minute.Applications.Count > MostApplications))
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"edge has 1 to {LongestName} characters; at most {MostMinutes} minutes of {MostApplications} applications"));
        }

        var now = clock.GetUtcNow().ToUnixTimeSeconds() / 60;
        var oldest = now - (long)Kept.TotalMinutes;
        await using var session = store.LightweightSession();
        foreach (var minute in request.Minutes.Where(minute => minute.Minute > oldest && minute.Minute <= now + 1))
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{minute.Minute} {request.Edge}");
            session.Store(new EdgeMinute(id, request.Edge, minute.Minute, [.. minute.Applications.Select(Counts)]));
        }

        session.DeleteWhere<EdgeMinute>("where (data ->> 'minute')::bigint <= ?", oldest);
        await session.SaveChangesAsync(context.CancellationToken);
        return new FiguresReply();
    }

    private static ApplicationCounts Counts(ApplicationFigures figures)
        => new(Guid.TryParse(figures.ApplicationId, out var id) ? id : null, Math.Max(0, figures.Allowed), Math.Max(0, figures.Challenged), Math.Max(0, figures.Refused));
}
