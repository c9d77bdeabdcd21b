using System.Collections.Concurrent;
using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Token.Tests.Support;

/// <summary>Reads a replica's revocation feed as an edge does.</summary>
internal sealed class FeedReader : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _reading;

    public FeedReader(TokenCluster cluster, int replica = 0, long afterPosition = 0, string epoch = "")
    {
        var request = new RevocationRequest { AfterPosition = afterPosition, Epoch = epoch };
        var call = new RevocationFeed.RevocationFeedClient(cluster.Replicas[replica].Channel).Watch(request, cluster.Headers("edge"), cancellationToken: _end.Token);
        _reading = ReadAsync(call);
    }

    public ConcurrentQueue<RevocationFrame> Frames { get; } = [];

    public RevocationFrame? Last => Frames.LastOrDefault();

    public Task WaitForAsync(Guid grantId, Guid? tokenId = null)
        => Eventually.Async(() => Holds(grantId, tokenId));

    public bool Holds(Guid grantId, Guid? tokenId = null)
        => Frames.SelectMany(frame => frame.Grants).Any(entry => entry.GrantId == grantId.ToString() && entry.TokenId == (tokenId?.ToString() ?? ""));

    public Task FirstFrameAsync() => Eventually.Async(() => !Frames.IsEmpty);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _reading;
        _end.Dispose();
    }

    private async Task ReadAsync(AsyncServerStreamingCall<RevocationFrame> call)
    {
        try
        {
            while (await call.ResponseStream.MoveNext(_end.Token))
            {
                Frames.Enqueue(call.ResponseStream.Current);
            }
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            // The test hung up, or the replica went away.
        }
        finally
        {
            call.Dispose();
        }
    }
}
