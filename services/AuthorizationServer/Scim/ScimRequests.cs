using System.Globalization;
using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Scim.Queries;
using ManagedOAuth.AuthorizationServer.Scim.Resources;
using ManagedOAuth.AuthorizationServer.Scim.Store;

namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary>Reads what SCIM requests have in common: bodies, pages, preconditions; and writes their lines of the log.</summary>
internal static class ScimRequests
{
    private const int DefaultPage = 100;
    private const int LoggedBody = 4096;

    private static readonly JsonDocumentOptions s_options = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Where a list begins and how long it is (RFC 7644 §3.4.2.4).</summary>
    public static (int StartIndex, int Count) PageOf(HttpContext context)
    {
        var query = context.Request.Query;
        return (Math.Clamp(Number(query["startIndex"].ToString(), 1), 1, 10_000_000), Math.Clamp(Number(query["count"].ToString(), DefaultPage), 0, ScimSchemas.MaximumPage));
    }

    /// <summary>The filter of a list; null when there is none.</summary>
    /// <exception cref="ScimException"><c>invalidFilter</c>.</exception>
    public static ScimFilter? FilterOf(HttpContext context)
        => context.Request.Query["filter"].ToString() is { Length: > 0 } text ? ScimFilterParser.Parse(text) : null;

    /// <summary>Whether a member is to be left out of the answer (RFC 7644 §3.9).</summary>
    public static bool Excludes(HttpContext context, string attribute)
    {
        var query = context.Request.Query;
        return Names(query["excludedAttributes"].ToString()).Contains(attribute, StringComparer.OrdinalIgnoreCase)
            || (query["attributes"].ToString() is { Length: > 0 } wanted && !Names(wanted).Any(name => name.Split('.')[0].Equals(attribute, StringComparison.OrdinalIgnoreCase)));
    }

    /// <summary>Refuses a change of a resource that is not as its caller saw it (RFC 7644 §3.14).</summary>
    /// <exception cref="ScimException">412.</exception>
    public static void CheckPrecondition(HttpContext context, long version)
    {
        var given = context.Request.Headers.IfMatch.ToString();
        if (given.Length > 0 && given != "*" && !Names(given).Contains(ScimJson.Tag(version), StringComparer.Ordinal))
        {
            throw ScimException.Changed();
        }
    }

    /// <summary>Whether the caller has this version.</summary>
    public static bool IsKnown(HttpContext context, long version) => Names(context.Request.Headers.IfNoneMatch.ToString()).Contains(ScimJson.Tag(version), StringComparer.Ordinal);

    /// <summary>The id in the path.</summary>
    /// <exception cref="ScimException">404: it is none of ours.</exception>
    public static Guid IdOf(HttpContext context, string resource)
        => Guid.TryParse(context.Request.RouteValues["id"] as string, out var id) ? id : throw ScimException.NotFound(resource);

    /// <summary>A line of the log about a request.</summary>
    public static ScimUpdate Line(HttpContext context, string resourceType, JsonElement? body)
    {
        var caller = ScimCaller.Of(context);
        var text = body is { } given ? ScimLogText.Of(given) : "";
        return new ScimUpdate
        {
            Id = Guid.NewGuid(),
            At = (context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            ProviderId = caller.Provider.Id,
            Method = context.Request.Method,
            ResourceType = resourceType,
            ResourceId = context.Request.RouteValues["id"] as string is { Length: <= 64 } id ? id : "",
            Success = true,
            Body = text.Length > LoggedBody ? text[..LoggedBody] : text,
            FlowId = caller.FlowId,
        };
    }

    /// <summary>Runs a change without a body; what it refuses is logged too.</summary>
    public static Task<IResult> LoggedAsync(HttpContext context, string resourceType, Func<Task<IResult>> change) => LoggedAsync(context, resourceType, () => null, change);

    /// <summary>Reads the body, a JSON object, and runs a change with it; what is refused is logged too, also a body that cannot be read.</summary>
    public static Task<IResult> LoggedAsync(HttpContext context, string resourceType, Func<JsonElement, Task<IResult>> change)
    {
        JsonElement? body = null;
        return LoggedAsync(context, resourceType, () => body, async () => await change((body = await BodyAsync(context)).Value));
    }

    private static async Task<IResult> LoggedAsync(HttpContext context, string resourceType, Func<JsonElement?> body, Func<Task<IResult>> change)
    {
        try
        {
            return await change();
        }
        catch (ScimException refusal) when (refusal.Status != StatusCodes.Status503ServiceUnavailable)
        {
            await context.RequestServices.GetRequiredService<ScimDirectory>().LogAsync(
                Line(context, resourceType, body()) with { Success = false, Error = refusal.Message }, context.RequestAborted);
            throw;
        }
    }

    private static async Task<JsonElement> BodyAsync(HttpContext context)
    {
        if (!RequestBodies.HasMediaType(context.Request, ScimSchemas.MediaType) && !RequestBodies.HasMediaType(context.Request, "application/json"))
        {
            throw new ScimException(StatusCodes.Status415UnsupportedMediaType, null, $"The body is {ScimSchemas.MediaType} or application/json.");
        }

        if (await RequestBodies.ReadAsync(context.Request, ScimSchemas.MaximumBody) is not { } bytes)
        {
            throw ScimException.TooLarge($"A body has at most {ScimSchemas.MaximumBody} bytes.");
        }

        try
        {
            // Before the parser, which reads the names to find those that come twice, and fails at what is no text.
            if (!IsStorable(bytes.Span))
            {
                throw ScimException.Invalid("invalidValue", "A text in the body holds U+0000 or half of a surrogate pair. That cannot be stored.");
            }

            using var document = JsonDocument.Parse(bytes, s_options);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.Clone()
                : throw ScimException.Invalid("invalidSyntax", "The body is a JSON object.");
        }
        catch (JsonException)
        {
            throw ScimException.Invalid("invalidSyntax", "The body is no JSON object, or one in which a member comes twice.");
        }
    }

    // PostgreSQL takes neither in JSON. The parser lets both pass where they are escaped.
    private static bool IsStorable(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped && reader.GetString()!.Contains('\0', StringComparison.Ordinal))
                {
                    return false;
                }
            }

            return true;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return false;
        }
    }

    private static int Number(string text, int fallback) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) ? number : fallback;

    private static string[] Names(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
}
