using System.Net;
using System.Text.Json;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Token.Tests.Support;

/// <summary>What came back from an endpoint.</summary>
public sealed record Reply(HttpStatusCode Status, string Body, JsonElement? Json)
{
    public Tokens? Tokens => Json is { } json && json.TryGetProperty("access_token", out var access)
        ? new Tokens(access.GetString()!, json.GetProperty("refresh_token").GetString()!, json.GetProperty("expires_in").GetInt32())
        : null;

    public string? Error => Json is { } json && json.TryGetProperty("error", out var error) ? error.GetString() : null;

    /// <summary>Asks as clients do: again after 503, by which nothing is consumed.</summary>
    public static Task<Reply> WhenAvailableAsync(Func<Task<Reply>> ask)
        => Eventually.Async(async () => await ask() is { Status: not HttpStatusCode.ServiceUnavailable } reply ? reply : null);

    public static async Task<Reply> ReadAsync(HttpResponseMessage response)
    {
        ArgumentNullException.ThrowIfNull(response);
        var body = await response.Content.ReadAsStringAsync();
        return new Reply(response.StatusCode, body, body.StartsWith('{') ? JsonDocument.Parse(body).RootElement.Clone() : null);
    }
}

/// <summary>The tokens of one answer.</summary>
public sealed record Tokens(string Access, string Refresh, int ExpiresIn)
{
    /// <summary>The grant, which every refresh token names.</summary>
    public Guid GrantId => new(System.Buffers.Text.Base64Url.DecodeFromChars(Refresh.AsSpan("mo_rt_".Length)).AsSpan(0, 16), bigEndian: true);
}
