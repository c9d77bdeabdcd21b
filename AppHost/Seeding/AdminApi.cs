using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ManagedOAuth.AppHost.Seeding;

/// <summary>A small client of the admin API, as anybody could write one.</summary>
internal sealed class AdminApi : IDisposable
{
    private readonly HttpClient _client;
    private readonly string _access;

    /// <param name="dashboard">URL of the dashboard domain.</param>
    /// <param name="token">An API token.</param>
    public AdminApi(string dashboard, string token)
    {
        _access = dashboard + "/client/v4/accounts/default/access/";
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, AllowAutoRedirect = false })
        {
            Timeout = TimeSpan.FromSeconds(30),
            MaxResponseContentBufferSize = 4 * 1024 * 1024,
            DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", token) },
        };
    }

    /// <summary>The objects of a kind. Only the first page: an empty configuration is all that seeding needs to recognise.</summary>
    /// <exception cref="AdminApiException">The API said no.</exception>
    public async Task<JsonArray> ListAsync(string kind, CancellationToken ct) => (await SendAsync(HttpMethod.Get, kind, null, ct)).AsArray();

    /// <summary>Creates an object and returns it.</summary>
    /// <exception cref="AdminApiException">The API said no.</exception>
    public Task<JsonNode> CreateAsync(string kind, JsonObject body, CancellationToken ct) => SendAsync(HttpMethod.Post, kind, body, ct);

    /// <summary>Does the API answer at all, and take this token?</summary>
    public async Task<bool> AnswersAsync(CancellationToken ct)
    {
        try
        {
            await ListAsync("apps", ct);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or AdminApiException or JsonException || (e is OperationCanceledException && !ct.IsCancellationRequested))
        {
            return false;
        }
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string kind, JsonObject? body, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, _access + kind);
        if (body is not null)
        {
            request.Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
        }
        using var response = await _client.SendAsync(request, ct);
        var text = await response.Content.ReadAsStringAsync(ct);
        if (!response.IsSuccessStatusCode)
        {
            throw new AdminApiException(response.StatusCode, $"{method} {kind} answered {(int)response.StatusCode}: {(text.Length > 500 ? text[..500] : text)}");
        }
        return JsonNode.Parse(text)?["result"] ?? throw new AdminApiException(response.StatusCode, $"{method} {kind} answered without a result.");
    }

    public void Dispose() => _client.Dispose();
}

/// <summary>The admin API refused a call.</summary>
internal sealed class AdminApiException(HttpStatusCode status, string message) : Exception(message)
{
    public HttpStatusCode Status { get; } = status;

    /// <summary>The same call may succeed later: something does not answer, or has not heard of what was just made.</summary>
    public bool MayPass => Status is HttpStatusCode.NotFound or HttpStatusCode.Conflict or >= HttpStatusCode.InternalServerError;
}
