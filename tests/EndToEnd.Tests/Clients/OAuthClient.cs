using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Web;

namespace ManagedOAuth.EndToEnd.Tests.Clients;

/// <summary>What the token endpoint gave.</summary>
public sealed record Tokens(string AccessToken, string RefreshToken, int ExpiresIn, JsonElement Body);

/// <summary>
/// A public client that knows nothing but the standards and one URL: 401, protected resource metadata (RFC 9728), authorization server metadata
/// (RFC 8414), registration (RFC 7591), authorization code with PKCE (RFC 7636), refresh, revocation (RFC 7009). Where the answer is 503 it asks again.
/// </summary>
public sealed class OAuthClient(Uri resource, string name = "end-to-end client") : IDisposable
{
    private readonly HttpClient _http = new(new PatientHandler(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false })) { Timeout = PatientHandler.Timeout };
    private readonly HttpClient _hasty = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(60) };

    public Uri RedirectUri { get; } = new("http://127.0.0.1:49999/callback");

    public JsonElement ResourceMetadata { get; private set; }

    public JsonElement ServerMetadata { get; private set; }

    public string ClientId { get; private set; } = "";

    /// <summary>The <c>state</c> of the last authorization.</summary>
    public string State { get; private set; } = "";

    public string Endpoint(string member) => ServerMetadata.GetProperty(member).GetString()!;

    /// <summary>From the 401 to the metadata.</summary>
    public async Task DiscoverAsync()
    {
        using var challenge = await _http.GetAsync(resource);
        Assert.Equal(HttpStatusCode.Unauthorized, challenge.StatusCode);
        var bearer = Assert.Single(challenge.Headers.WwwAuthenticate);
        Assert.Equal("Bearer", bearer.Scheme);
        var parameter = bearer.Parameter!.Split("resource_metadata=\"")[1].Split('"')[0];
        ResourceMetadata = await _http.GetFromJsonAsync<JsonElement>(parameter);
        var issuer = ResourceMetadata.GetProperty("authorization_servers")[0].GetString()!;
        ServerMetadata = await _http.GetFromJsonAsync<JsonElement>(issuer + "/.well-known/oauth-authorization-server");
        Assert.Equal(issuer, ServerMetadata.GetProperty("issuer").GetString());
    }

    public async Task RegisterAsync()
    {
        using var answer = await _http.PostAsJsonAsync(Endpoint("registration_endpoint"), new
        {
            client_name = name,
            redirect_uris = new[] { RedirectUri.ToString() },
            grant_types = new[] { "authorization_code", "refresh_token" },
            response_types = new[] { "code" },
            token_endpoint_auth_method = "none",
        });
        var body = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == HttpStatusCode.Created, body);
        ClientId = JsonDocument.Parse(body).RootElement.GetProperty("client_id").GetString()!;
    }

    /// <summary>The whole way: discovery, registration, login, consent, code, tokens.</summary>
    public async Task<Tokens> LoginAsync(ScriptedBrowser user)
    {
        await DiscoverAsync();
        await RegisterAsync();
        var (code, verifier) = await AuthorizeAsync(user);
        return await RedeemAsync(code, verifier);
    }

    /// <summary>An authorization code and the verifier that redeems it.</summary>
    public async Task<(string Code, string Verifier)> AuthorizeAsync(ScriptedBrowser user)
    {
        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var state = State = Guid.NewGuid().ToString("N");
        var back = await user.AuthorizeAsync(AuthorizationUrl(verifier, state), RedirectUri);
        var query = HttpUtility.ParseQueryString(back.Query);
        Assert.True(query["code"] is { Length: > 0 }, $"no code in {back}; the last page was {user.LastPage}");
        Assert.Equal(state, query["state"]);
        Assert.Equal(Endpoint("issuer"), query["iss"]);
        return (query["code"]!, verifier);
    }

    public Uri AuthorizationUrl(string verifier, string state)
    {
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        var query = HttpUtility.ParseQueryString("");
        query["response_type"] = "code";
        query["client_id"] = ClientId;
        query["redirect_uri"] = RedirectUri.ToString();
        query["code_challenge"] = challenge;
        query["code_challenge_method"] = "S256";
        query["state"] = state;
        query["resource"] = ResourceMetadata.GetProperty("resource").GetString();
        return new Uri($"{Endpoint("authorization_endpoint")}?{query}");
    }

    public async Task<Tokens> RedeemAsync(string code, string verifier) => Read(await TryRedeemAsync(code, verifier));

    public Task<(HttpStatusCode Status, JsonElement Body)> TryRedeemAsync(string code, string verifier) => TokenAsync(new()
    {
        ["grant_type"] = "authorization_code",
        ["code"] = code,
        ["redirect_uri"] = RedirectUri.ToString(),
        ["client_id"] = ClientId,
        ["code_verifier"] = verifier,
    });

    public async Task<Tokens> RefreshAsync(string refreshToken) => Read(await TryRefreshAsync(refreshToken));

    public Task<(HttpStatusCode Status, JsonElement Body)> TryRefreshAsync(string refreshToken) => TokenAsync(_http, RefreshOf(refreshToken));

    /// <summary>One request, whatever the answer is.</summary>
    public Task<(HttpStatusCode Status, JsonElement Body)> TryRefreshOnceAsync(string refreshToken) => TokenAsync(_hasty, RefreshOf(refreshToken));

    public Task<(HttpStatusCode Status, JsonElement Body)> TokenAsync(Dictionary<string, string> form) => TokenAsync(_http, form);

    private Dictionary<string, string> RefreshOf(string refreshToken) => new()
    {
        ["grant_type"] = "refresh_token",
        ["refresh_token"] = refreshToken,
        ["client_id"] = ClientId,
    };

    private async Task<(HttpStatusCode Status, JsonElement Body)> TokenAsync(HttpClient http, Dictionary<string, string> form)
    {
        using var answer = await http.PostAsync(Endpoint("token_endpoint"), new FormUrlEncodedContent(form));
        var text = await answer.Content.ReadAsStringAsync();
        return (answer.StatusCode, text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : JsonDocument.Parse("{}").RootElement);
    }

    public async Task<HttpStatusCode> RevokeAsync(string token)
    {
        using var answer = await _http.PostAsync(Endpoint("revocation_endpoint"), new FormUrlEncodedContent(new Dictionary<string, string> { ["token"] = token, ["client_id"] = ClientId }));
        return answer.StatusCode;
    }

    /// <summary>A request to the application with an access token.</summary>
    public Task<HttpResponseMessage> GetAsync(string path, string accessToken, HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(resource, path));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return _http.SendAsync(request, completion);
    }

    public void Dispose()
    {
        _http.Dispose();
        _hasty.Dispose();
    }

    private static Tokens Read((HttpStatusCode Status, JsonElement Body) answer)
    {
        Assert.True(answer.Status == HttpStatusCode.OK, $"{answer.Status}: {answer.Body}");
        var body = answer.Body;
        Assert.Equal("Bearer", body.GetProperty("token_type").GetString());
        return new Tokens(body.GetProperty("access_token").GetString()!, body.GetProperty("refresh_token").GetString()!, body.GetProperty("expires_in").GetInt32(), body);
    }
}
