using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Token.Revocation;

/// <summary>
/// The revocation feed: a snapshot, then every revocation within moments, and a frame at least once a second that tells when the database
/// was last read. A reader that comes back with a position of this database gets only what is new.
/// </summary>
[AllowedCallers("edge")]
public sealed class RevocationFeedService(RevocationLog log, TimeProvider clock) : RevocationFeed.RevocationFeedBase
{
    private const int EntriesPerFrame = 2000;
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromMilliseconds(500);

    public override async Task Watch(RevocationRequest request, IServerStreamWriter<RevocationFrame> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        var cancellation = context.CancellationToken;
        for (var change = log.Changed.Next; log.Epoch.Length == 0; change = log.Changed.Next)
        {
            await change.WaitAsync(cancellation);
        }

        // Entries that were loaded have no position of their own, so a reader that is behind the load gets everything, and so does
        // one that is ahead of us: the database was set back.
        var isKnown = request.Epoch == log.Epoch && request.AfterPosition >= log.LoadedAt && request.AfterPosition <= log.Position;
        var place = 0L;
        var snapshot = !isKnown;
        while (!cancellation.IsCancellationRequested)
        {
            var change = log.Changed.Next;
            var slice = log.Read(place);
            await SendAsync(slice, snapshot, responseStream, cancellation);
            (place, snapshot) = (slice.Place, false);
            await Task.WhenAny(change, Task.Delay(s_heartbeat, clock, cancellation));
        }
    }

    private static async Task SendAsync(
        RevocationSlice slice, bool snapshot, IServerStreamWriter<RevocationFrame> stream, CancellationToken cancellation)
    {
        var rest = slice.Entries;
        do
        {
            var frame = new RevocationFrame
            {
                Epoch = slice.Epoch,
                Position = slice.Position,
                ReadAt = Timestamp.FromDateTimeOffset(slice.ReadAt),
                Snapshot = snapshot,
                More = rest.Count > EntriesPerFrame,
            };
            frame.Grants.AddRange(rest.Take(EntriesPerFrame).Select(Entry));
            await stream.WriteAsync(frame, cancellation);
            rest = [.. rest.Skip(EntriesPerFrame)];
        }
        while (rest.Count > 0);
    }

    private static RevokedGrant Entry(RevokedCredential credential) => new()
    {
        GrantId = credential.GrantId.ToString(),
        TokenId = credential.TokenId?.ToString() ?? "",
        LeavesAt = Timestamp.FromDateTimeOffset(credential.LeavesAt),
    };
}
