using System.Net.Sockets;
using Grpc.Core;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using Marten.Exceptions;
using Npgsql;

namespace ManagedOAuth.ServiceDefaults.Http;

/// <summary>Tells an outage from a bug: what of it the caller may try again.</summary>
public static class Outages
{
    /// <summary>
    /// Something that we depend on is away, late or full. The answer is 503 or UNAVAILABLE, so that a client keeps its tokens and comes
    /// again; it is never a refusal. Whether a write that ended so has happened is not known.
    /// </summary>
    public static bool Is(Exception exception) => exception switch
    {
        HotStoreUnavailableException or StoreUnavailableException or KeysUnavailableException or TimeoutException => true,
        NpgsqlException { IsTransient: true } => true,
        NpgsqlException { InnerException: IOException or SocketException or TimeoutException } => true,
        RpcException { StatusCode: StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted } => true,
        _ => false,
    };

    /// <summary>Either of both: trying again may well work, so a client is told 503 and keeps what it has.</summary>
    public static bool IsTransient(Exception exception) => Is(exception) || IsConflict(exception);

    /// <summary>Another writer was faster and nothing was written: trying again decides anew.</summary>
    public static bool IsConflict(Exception exception) =>
        exception is ConcurrencyException or RpcException { StatusCode: StatusCode.Aborted };
}
