using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary>Results that the portal makes itself, with what a revision wants in each.</summary>
internal static class PortalResults
{
    /// <summary>An object with these members.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isCacheable">The result is of a kind that says how long it may be kept (2026-07-28): not at all.</param>
    /// <param name="write">Writes the members.</param>
    /// <param name="meta">Writes members of <c>_meta</c>; null = none but what the revision wants.</param>
    public static RpcAnswer Of(PortalRequest request, bool isCacheable, Action<Utf8JsonWriter> write, Action<Utf8JsonWriter>? meta = null) => RpcAnswer.Ok(RpcWriter.Write(json =>
    {
        json.WriteStartObject();
        write(json);
        if (request.IsStateless)
        {
            if (isCacheable)
            {
                json.WriteNumber("ttlMs", 0);
                json.WriteString("cacheScope", "private");
            }

            json.WriteString("resultType", "complete");
        }

        if (request.IsStateless || meta is not null)
        {
            json.WriteStartObject("_meta");
            meta?.Invoke(json);
            if (request.IsStateless)
            {
                json.WritePropertyName(MetaKeys.ServerInfo);
                WriteServerInfo(json, request);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }));

    /// <summary>Who the portal is.</summary>
    public static void WriteServerInfo(Utf8JsonWriter json, PortalRequest request)
    {
        json.WriteStartObject();
        json.WriteString("name", request.Directory.Portal.PortalId);
        json.WriteString("title", request.Directory.Portal.Name);
        json.WriteString("version", "1");
        json.WriteEndObject();
    }

    /// <summary>A result of a tool that is one text.</summary>
    public static RpcAnswer Text(PortalRequest request, string text, bool isError = false)
    {
        var answer = Of(request, isCacheable: false, json =>
        {
            json.WriteStartArray("content");
            json.WriteStartObject();
            json.WriteString("type", "text");
            json.WriteString("text", text);
            json.WriteEndObject();
            json.WriteEndArray();
            if (isError)
            {
                json.WriteBoolean("isError", true);
            }
        });
        return isError ? RpcAnswer.Ok(answer.Result, PortalOutcomes.ToolError) : answer;
    }

    /// <summary>An upstream's result for a client of a revision that wants more members in it than the server's has.</summary>
    public static ReadOnlyMemory<byte> Adapt(PortalRequest request, JsonElement result, bool isCacheable)
    {
        if (!request.IsStateless || result.ValueKind != JsonValueKind.Object || result.TryGetProperty("resultType", out _))
        {
            return System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(result).ToArray();
        }

        return RpcWriter.Write(json =>
        {
            json.WriteStartObject();
            RpcWriter.Members(json, result);
            json.WriteString("resultType", "complete");
            if (isCacheable && !result.TryGetProperty("ttlMs", out _))
            {
                json.WriteNumber("ttlMs", 0);
                json.WriteString("cacheScope", "private");
            }

            json.WriteEndObject();
        });
    }
}
