using Grpc.Core;
using ManagedOAuth.Contracts.PortalLog;
using ManagedOAuth.ServiceDefaults.Countries;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Config.Portals.Log;

/// <summary>Takes what edges report of the portals' requests. See <c>portal_log.proto</c>.</summary>
[AllowedCallers("edge")]
public sealed class PortalLogService(PortalLogStore log, CountryFile countries, TimeProvider clock) : Contracts.PortalLog.PortalLog.PortalLogBase
{
    private const int Most = 500;

    public override async Task<PortalLogReply> Report(PortalLogReport request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Entries.Count > Most)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"at most {Most} entries"));
        }

        var now = clock.GetUtcNow();
        var handled = request.Entries.Select(entry => PortalLogEntries.Read(entry, now, countries.Current)).OfType<PortalRequestHandled>().DistinctBy(entry => entry.Id).ToList();
        if (handled.Count > 0)
        {
            await SaveAsync(handled, context.CancellationToken);
        }

        return new PortalLogReply();
    }

    // Several edges append to the stream of a day: one after the other, so that none has to begin again.
    private async Task SaveAsync(List<PortalRequestHandled> handled, CancellationToken ct)
    {
        await using var session = log.LightweightSession();
        await session.BeginTransactionAsync(ct);
        var streams = handled.GroupBy(PortalLogEntries.StreamOf).OrderBy(stream => stream.Key).ToList();
        foreach (var stream in streams)
        {
            await session.ExecuteAsync("select pg_advisory_xact_lock(hashtextextended(?, 0))", ct, $"portal-log:{stream.Key}");
        }

        var known = (await session.LoadManyAsync<PortalLogLine>([.. handled.Select(entry => entry.Id)], ct)).Select(line => line.Id).ToHashSet();
        foreach (var stream in streams)
        {
            if (stream.Where(entry => !known.Contains(entry.Id)).OrderBy(entry => entry.At).ToList() is { Count: > 0 } fresh)
            {
                session.Events.Append(stream.Key, [.. fresh]);
                session.Store([.. fresh.Select(PortalLogLine.Of)]);
            }
        }

        await session.SaveChangesAsync(ct);
    }
}
