using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Config.IdentityProviders;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;

namespace ManagedOAuth.Config.Feed;

/// <summary>The configuration for every other service: a snapshot, then each change. See <c>config_feed.proto</c>.</summary>
public sealed class ConfigFeedService(ConfigurationLog log, ProviderSecrets secrets, McpServerSecrets mcpSecrets, FeedReaders readers) : Contracts.ConfigFeed.ConfigFeed.ConfigFeedBase
{
    private const int EntriesPerFrame = 500;
    private const int BytesPerFrame = 1024 * 1024;
    private const int LongestReader = 100;
    private static readonly TimeSpan s_heartbeat = TimeSpan.FromSeconds(1);

    [AllowedCallers("authorization-server", "token", "edge")]
    public override async Task Watch(WatchRequest request, IServerStreamWriter<ConfigFrame> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        var ct = context.CancellationToken;
        var view = new FeedView(context.GetCaller(), secrets, mcpSecrets);
        var sent = -1L;
        while (!ct.IsCancellationRequested)
        {
            var next = log.NextChange;
            var state = log.Current;
            if (log.Loaded)
            {
                if (sent < 0 && CanGoOn(request, state))
                {
                    sent = request.AfterPosition;
                }

                await SendAsync(responseStream, view, state, sent, ct);
                sent = state.Snapshot.Position;
            }

            await WaitAsync(next, sent, ct);
        }
    }

    [AllowedCallers("authorization-server", "token", "edge")]
    public override async Task<AppliedReply> Applied(AppliedRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (request.Reader.Length is 0 or > LongestReader || request.Epoch.Length > LongestReader || request.Position < 0)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, $"reader has 1 to {LongestReader} characters, position is not negative"));
        }

        await readers.NoteAsync(context.GetCaller(), request.Reader, request.Epoch, request.Position, context.CancellationToken);
        return new AppliedReply();
    }

    // Otherwise the whole snapshot: another database, a restored one, or a position from before this process loaded it.
    private static bool CanGoOn(WatchRequest request, ConfigurationState state)
        => request.Epoch == state.Snapshot.Epoch
            && request.AfterPosition > 0
            && request.AfterPosition >= state.Floor
            && request.AfterPosition <= state.Snapshot.Position;

    // A read that changed nothing is told once a second; a change at once.
    private async Task WaitAsync(Task next, long sent, CancellationToken ct)
    {
        using var heartbeat = CancellationTokenSource.CreateLinkedTokenSource(ct);
        heartbeat.CancelAfter(s_heartbeat);
        try
        {
            do
            {
                await next.WaitAsync(heartbeat.Token);
                next = log.NextChange;
            }
            while (log.Current.Snapshot.Position == sent);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Time for a frame that says how fresh this is.
        }
    }

    // Lists and pages are large: a frame is bounded by its bytes too, far below what a caller takes in one message.
    private static List<List<ConfigEntry>> Frames(IEnumerable<ConfigEntry> entries)
    {
        var frames = new List<List<ConfigEntry>>();
        var bytes = 0;
        foreach (var entry in entries)
        {
            if (frames.Count == 0 || frames[^1].Count == EntriesPerFrame || bytes + entry.Json.Length > BytesPerFrame)
            {
                frames.Add([]);
                bytes = 0;
            }

            frames[^1].Add(entry);
            bytes += entry.Json.Length;
        }

        return frames;
    }

    private static async Task SendAsync(IServerStreamWriter<ConfigFrame> stream, FeedView view, ConfigurationState state, long after, CancellationToken ct)
    {
        var whole = after < 0;
        var entries = Frames((whole ? state.Entries.Values.Where(entry => entry.State is not null) : state.Since(after))
            .Select(view.Show)
            .OfType<ConfigEntry>());
        for (var index = 0; index < Math.Max(1, entries.Count); index++)
        {
            var last = index >= entries.Count - 1;
            var frame = new ConfigFrame
            {
                Epoch = state.Snapshot.Epoch,
                // A reader that breaks off in the middle starts again where it was.
                Position = last ? state.Snapshot.Position : Math.Max(after, 0),
                ReadAt = Timestamp.FromDateTimeOffset(state.ReadAt),
                Snapshot = whole,
                More = !last,
            };
            if (index < entries.Count)
            {
                frame.Entries.AddRange(entries[index]);
            }

            await stream.WriteAsync(frame, ct);
        }
    }
}
