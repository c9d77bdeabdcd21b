using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client.Balancing;

/// <summary>Tries in the background to connect to replicas that were taken out, with growing pauses, so that no call pays for it.</summary>
internal sealed class ReplicaProbe : IDisposable
{
    private static readonly TimeSpan s_connectTimeout = TimeSpan.FromSeconds(2);

    private readonly TimeProvider _clock;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly CancellationToken _stopped;

    public ReplicaProbe(TimeProvider clock, ILogger logger)
    {
        _clock = clock;
        _logger = logger;

        // Taken now: a disposed source gives no token any more, and a call may still fail after its channel was disposed.
        _stopped = _stop.Token;
    }

    /// <summary>0.1 s, doubled per failure up to 5 s, each varied by a fifth so that many clients do not come at once.</summary>
    public static TimeSpan Pause(int failures, double random)
    {
        var seconds = Math.Min(5, 0.1 * Math.Pow(2, Math.Min(failures - 1, 16)));
        return TimeSpan.FromSeconds(seconds * (0.8 + (0.4 * random)));
    }

    public void Start(Replica replica) => _ = Task.Run(() => ProbeAsync(replica, _stopped));

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task ProbeAsync(Replica replica, CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                await Task.Delay(Pause(replica.Failures, Random.Shared.NextDouble()), _clock, cancellationToken);
            }
            while (!replica.Retired && !await TryConnectAsync(replica, cancellationToken));
            replica.PutBack();
            if (!replica.Retired)
            {
                BalancerLog.ReplicaUp(_logger, replica.Address);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The channel is gone.
        }
    }

    private async Task<bool> TryConnectAsync(Replica replica, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(s_connectTimeout, _clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(replica.Address.IdnHost, replica.Address.Port, either.Token);
            return true;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            replica.ProbeFailed();
            return false;
        }
    }
}
