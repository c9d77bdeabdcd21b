using System.Text.Json;
using ManagedOAuth.Contracts.OAuth;

namespace ManagedOAuth.AuthorizationServer.IdentityProviders.Http;

/// <summary>
/// Requests to identity providers: bounded in time and size, no redirects, no cookies, https alone except on loopback hosts. Where these requests
/// may go stands in the configuration or in a document that the configured provider itself gave.
/// </summary>
public sealed class ProviderHttp : IDisposable
{
    private const int MaximumBytes = 512 * 1024;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(3),
        MaxResponseHeadersLength = 32,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        MaxResponseContentBufferSize = MaximumBytes,
    };

    /// <summary>Whether a request may go there at all.</summary>
    public static bool IsAllowed(string? url)
        => Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.UserInfo.Length == 0
            && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && PublicOrigin.IsLoopback(uri.Host)));

    /// <summary>GET of a JSON document with status 200.</summary>
    public async Task<JsonElement> GetJsonAsync(string url, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Checked(url));
        var reply = await SendAsync(request, cancellation);
        return reply is { Status: 200, Json: { ValueKind: JsonValueKind.Object } json }
            ? json
            : throw new ProviderUnavailableException($"{url} answered {reply.Status} and no JSON object");
    }

    /// <summary>Sends a request; the answer may have any status. Body and headers of the request are the caller's.</summary>
    public async Task<ProviderReply> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        var where = Checked(request.RequestUri!.AbsoluteUri);
        if (request.Headers.Accept.Count == 0)
        {
            request.Headers.Accept.ParseAdd("application/json");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_timeout);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseContentRead, deadline.Token);
            var bytes = await response.Content.ReadAsByteArrayAsync(deadline.Token);
            return new ProviderReply((int)response.StatusCode, Parse(bytes))
            {
                IsRateLimited = (int)response.StatusCode == StatusCodes.Status429TooManyRequests
                    || response.Headers.RetryAfter is not null
                    || (response.Headers.TryGetValues("x-ratelimit-remaining", out var left) && left.Contains("0")),
            };
        }
        catch (Exception away) when (away is HttpRequestException or IOException || (away is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            throw new ProviderUnavailableException($"{where.GetLeftPart(UriPartial.Path)} did not answer: {away.GetType().Name}: {away.Message}", away);
        }
    }

    public void Dispose() => _http.Dispose();

    private static Uri Checked(string url)
        => IsAllowed(url) ? new Uri(url) : throw new ProviderUnavailableException("An address of the identity provider is neither https nor on a loopback host.");

    private static JsonElement? Parse(byte[] bytes)
    {
        try
        {
            // Of two members with one name another reader could take the other one.
            using var document = JsonDocument.Parse(bytes, new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 32 });
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            // Not JSON: an answer of its own kind, judged by the caller.
            return null;
        }
    }
}

/// <summary>An answer of a provider.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Json">The body, where it is JSON.</param>
public sealed record ProviderReply(int Status, JsonElement? Json)
{
    /// <summary>The provider wants fewer requests.</summary>
    public bool IsRateLimited { get; init; }

    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>A text member of the body; null when it is absent, empty or something else.</summary>
    public string? Text(string member)
        => Json is { ValueKind: JsonValueKind.Object } json && json.TryGetProperty(member, out var value) && value.ValueKind == JsonValueKind.String
            && value.GetString() is { Length: > 0 } text ? text : null;
}
