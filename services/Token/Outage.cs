using Grpc.Core;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using Marten.Exceptions;

namespace ManagedOAuth.Token;

/// <summary>
/// Which exceptions mean that something we depend on is away. A client is told 503 then and keeps its tokens; everything else that is
/// thrown is a bug and is answered as one.
/// </summary>
public static class Outage
{
    public static bool Is(Exception exception) => exception switch
    {
        HotStoreUnavailableException or StoreUnavailableException or KeysUnavailableException or TimeoutException => true,
        ConcurrencyException => true,
        RpcException rpc => rpc.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded or StatusCode.ResourceExhausted or StatusCode.Aborted,
        _ => false,
    };
}
