using Grpc.Core;

namespace ManagedOAuth.Config.Api;

/// <summary>Questions to the services that own what the admin API shows, and their refusals in the envelope.</summary>
public static class Peers
{
    public const string Token = "the token service";
    public const string AuthorizationServer = "the authorization server";

    /// <summary>Asks and answers.</summary>
    /// <param name="kind">What is not there when the peer says NOT_FOUND: singular, as in error texts.</param>
    /// <param name="peer">Who is asked, in words.</param>
    /// <param name="ask">The question.</param>
    public static async Task<IResult> AskAsync(string kind, string peer, Func<Task<IResult>> ask)
    {
        ArgumentNullException.ThrowIfNull(ask);
        try
        {
            return await ask();
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.NotFound)
        {
            return ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound(kind));
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.InvalidArgument)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest(refused.Status.Detail));
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.FailedPrecondition)
        {
            return ApiEnvelope.Error(StatusCodes.Status409Conflict, ApiErrors.InUse(refused.Status.Detail));
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.Unavailable or StatusCode.ResourceExhausted or StatusCode.DeadlineExceeded or StatusCode.Aborted || IsTransport(refused.Status))
        {
            return ApiEnvelope.Error(StatusCodes.Status503ServiceUnavailable, ApiErrors.Unavailable(peer));
        }
    }

    // A connection that breaks under a request (the other side holds still and answers no ping) is told as INTERNAL.
    private static bool IsTransport(Status status) => status is { StatusCode: StatusCode.Internal, DebugException: HttpRequestException or IOException };

    /// <summary>Who acts, for the other service's events.</summary>
    public static string ActorOf(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Items[ApiTokenFilter.ActorKey] as string ?? "system";
    }
}
