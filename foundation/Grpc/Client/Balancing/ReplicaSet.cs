using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Primitives;

namespace Grpc.Net.Client.Balancing;

/// <summary>
/// The replicas of a service, in turn. One that cannot be reached is left out until a probe in the background gets through. When all are
/// out they are tried all the same: a call that might succeed is never refused here.
/// </summary>
internal sealed class ReplicaSet : IDisposable
{
    private readonly ServiceAddress _service;
    private readonly ReplicaProbe _probe;
    private readonly ILogger _logger;
    private readonly IDisposable _changes;
    private readonly Lock _gate = new();
    private volatile Replica[] _replicas;
    private uint _turn = (uint)Random.Shared.Next();

    public ReplicaSet(ServiceAddress service, TimeProvider clock, ILogger logger)
    {
        _service = service;
        _logger = logger;
        _probe = new ReplicaProbe(clock, logger);
        _replicas = [.. service.Resolve().Select(address => new Replica(address))];
        _changes = ChangeToken.OnChange(service.GetReloadToken, Refresh);
    }

    /// <exception cref="RpcException">UNAVAILABLE: configuration names no address.</exception>
    public Replica Next(List<Replica>? tried)
    {
        var replicas = _replicas;
        if (replicas.Length == 1)
        {
            return replicas[0];
        }

        if (replicas.Length == 0)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, _service.NoAddress));
        }

        var turn = Interlocked.Increment(ref _turn);
        Replica? lastResort = null;
        for (var i = 0u; i < replicas.Length; i++)
        {
            var replica = replicas[(turn + i) % (uint)replicas.Length];
            if (tried?.Contains(replica) != true)
            {
                if (!replica.IsDown)
                {
                    return replica;
                }

                lastResort ??= replica;
            }
        }

        return lastResort ?? replicas[turn % (uint)replicas.Length];
    }

    public bool HasOtherThan(List<Replica> tried) => _replicas.Any(replica => !tried.Contains(replica));

    /// <summary>Takes a replica out and starts to probe it. The only replica stays: there is nothing to prefer to it.</summary>
    public void Unreachable(Replica replica, Exception reason)
    {
        if (_replicas.Length > 1 && replica.TryTakeOut())
        {
            BalancerLog.ReplicaDown(_logger, replica.Address, reason.Message);
            _probe.Start(replica);
        }
    }

    public void Dispose()
    {
        _changes.Dispose();
        _probe.Dispose();
    }

    private void Refresh()
    {
        lock (_gate)
        {
            try
            {
                var known = _replicas.ToDictionary(replica => replica.Address);
                _replicas = [.. _service.Resolve().Select(address => known.Remove(address, out var replica) ? replica : new Replica(address))];
                foreach (var replica in known.Values)
                {
                    replica.Retired = true;
                }
            }
            catch (InvalidOperationException e)
            {
                // Protects the thread that reloads configuration: a mistake in it leaves the last good addresses in use.
                BalancerLog.BadConfiguration(_logger, e);
            }
        }
    }
}
