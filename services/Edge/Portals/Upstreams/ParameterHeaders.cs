using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Repeats parameters of a tool in headers <c>Mcp-Param-{Name}</c>, where its schema asks for that with <c>x-mcp-header</c> (SEP-2243).
/// </summary>
internal static class ParameterHeaders
{
    private const string Annotation = "x-mcp-header";
    private const string Prefix = "Mcp-Param-";
    private const int MaximumDepth = 8;
    private const int Maximum = 32;

    public static void Add(HttpRequestMessage request, JsonElement definition, JsonElement arguments)
    {
        var left = Maximum;
        Add(request, RpcMessage.Member(RpcMessage.Member(definition, "inputSchema"), "properties"), arguments, 0, ref left);
    }

    private static void Add(HttpRequestMessage request, JsonElement properties, JsonElement arguments, int depth, ref int left)
    {
        if (properties.ValueKind != JsonValueKind.Object || arguments.ValueKind != JsonValueKind.Object || depth > MaximumDepth)
        {
            return;
        }

        foreach (var property in properties.EnumerateObject())
        {
            var value = RpcMessage.Member(arguments, property.Name);
            if (value.ValueKind == JsonValueKind.Undefined)
            {
                continue;
            }

            if (RpcMessage.Member(property.Value, Annotation).GetStringOrNull() is { Length: > 0 and <= 64 } name
                && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_')
                && McpHeaderEncoder.ConvertToHeaderValue(value) is { Length: <= 4096 } encoded
                && left-- > 0)
            {
                request.Headers.TryAddWithoutValidation(Prefix + name, encoded);
            }

            Add(request, RpcMessage.Member(property.Value, "properties"), value, depth + 1, ref left);
        }
    }
}
