using System.Text.Json;
using ManagedOAuth.Contracts.OAuth;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.ServiceDefaults.Outbound;

/// <summary>
/// Requests to servers outside this product: bounded in time and size, no redirects, no cookies, https alone except on loopback hosts. The
/// addresses that a name stands for are checked when the connection is made, and the connection goes to the address that was checked.
/// </summary>
public abstract class OutboundHttp : IDisposable
{
    private const int MaximumBytes = 512 * 1024;

    private readonly HttpClient _http;
    private readonly TimeSpan _timeout;

    protected OutboundHttp(OutboundGuard guard, OutboundReach reach)
    {
        ArgumentNullException.ThrowIfNull(guard);
        _timeout = guard.Timeout;
        _http = new HttpClient(guard.CreateHandler(reach))
        {
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = MaximumBytes,
        };
    }

    /// <summary>Whether a request may go there at all.</summary>
    public static bool IsAllowed(string? url)
        => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && PublicOrigin.IsLoopback(uri.Host)));

    /// <summary>GET of a JSON document with status 200.</summary>
    /// <exception cref="OutboundUnavailableException">There is none.</exception>
    public async Task<JsonElement> GetJsonAsync(string url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Checked(url));
        var reply = await SendAsync(request, cancellation);
        return reply is { Status: 200, Json: { ValueKind: JsonValueKind.Object } json }
            ? json
            : throw new OutboundUnavailableException($"{url} answered {reply.Status} and no JSON object");
    }

    /// <summary>Sends a request; the answer may have any status. Body and headers of the request are the caller's.</summary>
    /// <exception cref="OutboundUnavailableException">There was no whole answer in time.</exception>
    public async Task<OutboundReply> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var where = Checked(request.RequestUri!.AbsoluteUri);
        if (request.Headers.Accept.Count == 0)
        {
            request.Headers.Accept.ParseAdd("application/json");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(_timeout);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, deadline.Token);
            var bytes = await response.Content.ReadAsByteArrayAsync(deadline.Token);
            return new OutboundReply((int)response.StatusCode, Parse(bytes))
            {
                Challenges = response.Headers.NonValidated.TryGetValues("WWW-Authenticate", out var challenges) ? [.. challenges] : [],
                IsRateLimited = (int)response.StatusCode == StatusCodes.Status429TooManyRequests
                    || response.Headers.RetryAfter is not null
                    || (response.Headers.TryGetValues("x-ratelimit-remaining", out var left) && left.Contains("0")),
            };
        }
        catch (Exception away) when (away is HttpRequestException or IOException || (away is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new OutboundUnavailableException($"{where.GetLeftPart(UriPartial.Path)} did not answer: {away.GetType().Name}: {away.Message}", away);
        }
    }

    public void Dispose()
    {
        _http.Dispose();
        GC.SuppressFinalize(this);
    }

    private static Uri Checked(string url)
        => IsAllowed(url) ? new Uri(url) : throw new OutboundUnavailableException("The address is neither https nor on a loopback host.");

    private static JsonElement? Parse(byte[] bytes)
    {
        try
        {
            // Of two members with one name another reader could take the other one.
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 32 });
            return document.RootElement.Clone();
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // Not JSON, or a member's name is no text: an answer of its own kind, judged by the caller.
            return null;
        }
    }
}
