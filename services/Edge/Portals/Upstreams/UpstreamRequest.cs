using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>A request to a server.</summary>
/// <param name="Method">The method.</param>
/// <param name="Name">What it is about, for <c>Mcp-Name</c>; null = nothing.</param>
/// <param name="WriteId">Writes the id.</param>
internal sealed record UpstreamRequest(string Method, string? Name, Action<Utf8JsonWriter> WriteId)
{
    private const string Reserved = "io.modelcontextprotocol/";

    /// <summary>The tool's definition, whose parameters may have to be repeated in headers (2026-07-28).</summary>
    public JsonElement Definition { get; init; }

    /// <summary>The client's parameters, which pass through but for <see cref="Replaced"/> and what belongs to the revision.</summary>
    public JsonElement Params { get; init; }

    /// <summary>A member whose value the portal knows better: a tool's own name.</summary>
    public (string Member, Action<Utf8JsonWriter> Write)? Replaced { get; init; }

    /// <summary>The arguments of a tool, when they are not the request's own: undefined = none.</summary>
    public JsonElement? Arguments { get; init; }

    /// <summary>Writes members that the portal adds: what a client said to a server's questions.</summary>
    public Action<Utf8JsonWriter>? Added { get; init; }

    /// <summary>Writes all parameters, when the portal asks for itself.</summary>
    public Action<Utf8JsonWriter>? Made { get; init; }

    /// <summary>Called when the server has begun to answer.</summary>
    public Action? Answered { get; init; }

    /// <summary>How long the server may be silent, where that is less than it may be anyway; null = as long as it may.</summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>The message in a server's revision.</summary>
    public ReadOnlyMemory<byte> Write(string revision, UpstreamClient client) => RpcWriter.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc", "2.0");
        json.WritePropertyName("id");
        WriteId(json);
        json.WriteString("method", Method);
        json.WritePropertyName("params");
        if (Made is { } made)
        {
            made(json);
        }
        else
        {
            WriteParams(json, Revisions.IsStateless(revision), client);
        }

        json.WriteEndObject();
    });

    /// <summary>The headers that repeat parameters.</summary>
    public void AddHeaders(HttpRequestMessage request, string revision)
    {
        if (Revisions.IsStateless(revision) && Definition.ValueKind == JsonValueKind.Object)
        {
            ParameterHeaders.Add(request, Definition, Arguments ?? RpcMessage.Member(Params, "arguments"));
        }
    }

    private void WriteParams(Utf8JsonWriter json, bool isStateless, UpstreamClient client)
    {
        json.WriteStartObject();
        if (Replaced is var (member, write))
        {
            json.WritePropertyName(member);
            write(json);
        }

        RpcWriter.Members(json, Params, ["_meta", Replaced?.Member ?? "_meta", Arguments is null ? "_meta" : "arguments"]);
        if (Arguments is { ValueKind: JsonValueKind.Object } arguments)
        {
            json.Raw("arguments", arguments);
        }

        Added?.Invoke(json);
        var meta = RpcMessage.Member(Params, "_meta");
        if (isStateless || meta.ValueKind == JsonValueKind.Object)
        {
            json.WriteStartObject("_meta");
            WriteMeta(json, meta, isStateless);
            if (isStateless)
            {
                json.WriteString(MetaKeys.ProtocolVersion, Revisions.Stateless);
                client.Write(json, MetaKeys.ClientCapabilities, MetaKeys.ClientInfo);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    // What the revision itself says about a request is the portal's to say; everything else is between client and server.
    private static void WriteMeta(Utf8JsonWriter json, JsonElement meta, bool isStateless)
    {
        if (meta.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var entry in meta.EnumerateObject())
        {
            if (!entry.Name.StartsWith(Reserved, StringComparison.Ordinal) || (isStateless && entry.NameEquals(MetaKeys.LogLevel)))
            {
                json.Raw(entry.Name, entry.Value);
            }
        }
    }
}
