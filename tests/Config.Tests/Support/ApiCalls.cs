using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace ManagedOAuth.Config.Tests.Support;

/// <summary>Calls of the admin API as tests make them.</summary>
internal static class ApiCalls
{
    public const string Account = "/client/v4/accounts/default";
    public const string Access = Account + "/access";

    /// <summary>Sends a request and gives the answer with its envelope.</summary>
    public static async Task<ApiAnswer> Call(this HttpClient client, string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, method == "PATCH" ? "application/merge-patch+json" : "application/json");
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using var answer = await client.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        return new ApiAnswer(answer.StatusCode, text.Length == 0 ? [] : JsonNode.Parse(text)!.AsObject(), answer.Headers.ETag?.ToString(), answer.Headers.TryGetValues("Idempotency-Replayed", out _));
    }

    /// <summary>The result of a call that has this status; anything else fails the test with the answer as its reason.</summary>
    public static async Task<JsonNode> Must(this HttpClient client, HttpStatusCode status, string method, string path, string? body = null, params (string Name, string Value)[] headers)
    {
        var answer = await client.Call(method, path, body, headers);
        Assert.True(answer.Status == status, $"{method} {path}: {answer.Status} {answer.Body.ToJsonString()}");
        return answer.Result ?? new JsonObject();
    }
}

/// <summary>An answer of the admin API.</summary>
internal sealed record ApiAnswer(HttpStatusCode Status, JsonObject Body, string? EntityTag, bool Replayed)
{
    public JsonNode? Result => Body["result"];

    public JsonNode Info => Body["result_info"]!;
}
