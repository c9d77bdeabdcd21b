using Grpc.Core;

namespace ManagedOAuth.Token;

/// <summary>Turns outages into UNAVAILABLE for gRPC callers, who try again; anything else that is thrown stays what it is.</summary>
internal static class Answer
{
    public static async Task<T> OrUnavailable<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is not RpcException && Outage.Is(e))
        {
            // The one place where a failing dependency becomes an answer to another service.
            throw new RpcException(new Status(StatusCode.Unavailable, "a dependency of token is away"), e.Message);
        }
    }

    public static Task OrUnavailable(Func<Task> work) => OrUnavailable(async () =>
    {
        await work();
        return true;
    });
}
