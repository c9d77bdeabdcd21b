using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// The answer to one request: the stream that the server answers with and, where it ends or breaks before the response, those by which it is taken up
/// (2025-11-25, <c>Last-Event-ID</c>). The request itself is never sent again.
/// </summary>
/// <param name="http">Speaks to servers.</param>
/// <param name="id">Id of the request.</param>
/// <param name="onMessage">Gets what comes before the response.</param>
/// <param name="heard">Called whenever the server says anything.</param>
internal sealed class ResumableAnswer(UpstreamHttp http, JsonElement id, Func<RpcMessage, Task> onMessage, Action heard)
{
    private const int MostTakenUp = 600;
    private readonly StreamPosition _position = new();

    /// <summary>Reads on until the response is there.</summary>
    /// <param name="response">What the request was answered with.</param>
    /// <param name="next">Makes the request for what comes next; null = this server has nothing to take up.</param>
    /// <param name="cancellation">The server was silent for too long, or nobody wants to know any more.</param>
    /// <exception cref="UpstreamException">There is no response.</exception>
    public async Task<RpcMessage> ReadAsync(HttpResponseMessage response, Func<HttpRequestMessage>? next, CancellationToken cancellation)
    {
        var answer = await ReadOneAsync(response, cancellation);
        for (var taken = 0; answer is null && taken < MostTakenUp && _position.CanBeTakenUp && next is not null; taken++)
        {
            // The time for silence goes on: a server that only ever ends its streams is not waited for.
            await Task.Delay(_position.Pause, cancellation);
            answer = await TakeUpAsync(next, cancellation);
        }

        // No fault of the server's health: so it ends, too, the answer to a request that was cancelled.
        return answer ?? throw new UpstreamException(PortalOutcomes.Unavailable, "The server ended its answer without a response.");
    }

    private async Task<RpcMessage?> TakeUpAsync(Func<HttpRequestMessage> next, CancellationToken cancellation)
    {
        using var get = next();
        _position.AddTo(get);
        using var response = await http.SendAsync(get, cancellation);
        if (response.IsSuccessStatusCode)
        {
            return await ReadOneAsync(response, cancellation);
        }

        // It may have done what it was asked for: the request is not sent again.
        _position.Forget();
        return null;
    }

    // Null: the stream ended, or broke where it can be taken up, before the response.
    private async Task<RpcMessage?> ReadOneAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        try
        {
            await foreach (var message in UpstreamAnswer.ReadAsync(response, heard, _position, cancellation))
            {
                if (message.Kind != RpcKind.Response)
                {
                    await onMessage(message);
                }
                else if (JsonElement.DeepEquals(message.Id, id))
                {
                    return message;
                }
            }
        }
        catch (UpstreamException broken) when (broken.IsServerFault && _position.CanBeTakenUp)
        {
            // Taken up like one that the server has ended.
        }

        return null;
    }
}
