using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Config.Grants;

/// <summary>Ends many grants and sessions: of a user, of an application, of a client.</summary>
public static class GrantEndings
{
    // A batch is a hundred grants; what is not done in this time is done by the next call, which begins where this one stopped.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    /// <summary>Ends them batch by batch, and answers with their number.</summary>
    public static Task<IResult> EndAsync(GrantQueries.GrantQueriesClient token, EndAllRequest request, Func<int, JsonNode> answer, TimeProvider clock, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(token);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(clock);
        return Peers.AskAsync("grant", Peers.Token, async () =>
        {
            var began = clock.GetUtcNow();
            for (var ended = 0; ;)
            {
                var reply = await token.EndAllAsync(request, deadline: clock.GetUtcNow().UtcDateTime + s_deadline, cancellationToken: ct);
                ended += reply.Ended;
                if (!reply.More)
                {
                    return ApiEnvelope.Ok(answer(ended));
                }

                if (clock.GetUtcNow() - began > s_patience)
                {
                    return ApiEnvelope.Error(
                        StatusCodes.Status503ServiceUnavailable,
                        new ApiError(10013, $"access.api.error.unavailable: {ended} grants and sessions have ended and there are more; repeat the request until it succeeds"));
                }

                request.GoesOn = true;
            }
        });
    }
}
