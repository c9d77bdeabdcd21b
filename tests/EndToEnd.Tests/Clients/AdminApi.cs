using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ManagedOAuth.EndToEnd.Tests.Clients;

/// <summary>The admin API, called as any script would that asks again where the answer is 503.</summary>
public sealed class AdminApi : IDisposable
{
    private readonly HttpClient _http;

    public AdminApi(Uri dashboard, string token)
    {
        _http = new HttpClient(new PatientHandler(new SocketsHttpHandler())) { BaseAddress = new Uri(dashboard, "/client/v4/accounts/default/access/"), Timeout = PatientHandler.Timeout };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
    }

    public async Task<JsonNode> GetAsync(string path) => await ResultAsync(await _http.GetAsync(path));

    /// <summary>An answer without the envelope: a file.</summary>
    public async Task<JsonNode> GetRawAsync(string path) => (await _http.GetFromJsonAsync<JsonNode>(path))!;

    public async Task<JsonNode> PostAsync(string path, JsonNode? body = null) => await ResultAsync(await _http.PostAsJsonAsync(path, body ?? new JsonObject()));

    public async Task<JsonNode> PutAsync(string path, JsonNode body) => await ResultAsync(await _http.PutAsJsonAsync(path, body));

    public async Task DeleteAsync(string path) => await ResultAsync(await _http.DeleteAsync(path));

    /// <summary>The application of this domain.</summary>
    public async Task<JsonObject> ApplicationAsync(string domain)
        => (await GetAsync("apps?per_page=1000")).AsArray().Select(node => node!.AsObject()).Single(app => (string?)app["domain"] == domain);

    /// <summary>The grants of this user, newest first or not as the API says.</summary>
    public async Task<IReadOnlyList<JsonObject>> GrantsAsync(string email)
        => [.. (await GetAsync($"grants?per_page=1000&email={Uri.EscapeDataString(email)}")).AsArray().Select(node => node!.AsObject())];

    /// <summary>The events of a grant, oldest first.</summary>
    public async Task<IReadOnlyList<JsonObject>> EventsAsync(string grantId)
        => [.. (await GetAsync($"grants/{grantId}/events")).AsArray().Select(node => node!.AsObject())];

    public void Dispose() => _http.Dispose();

    private static async Task<JsonNode> ResultAsync(HttpResponseMessage answer)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode} {answer.RequestMessage!.RequestUri}: {text}");
            var envelope = JsonSerializer.Deserialize<JsonObject>(text)!;
            Assert.True((bool?)envelope["success"], text);
            return envelope["result"]!.DeepClone();
        }
    }
}
