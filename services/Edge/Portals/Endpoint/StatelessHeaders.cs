using ManagedOAuth.Edge.Portals.Protocol;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Endpoint;

/// <summary>
/// Requests of a revision without sessions say in headers what their body says; who routes by the header must not be told something else than who
/// reads the body (SEP-2243, SEP-2575).
/// </summary>
internal static class StatelessHeaders
{
    /// <summary>What differs; null when nothing does.</summary>
    public static RpcError? Check(IHeaderDictionary headers, RpcMessage message)
    {
        var revision = RpcMessage.Member(message.Meta, MetaKeys.ProtocolVersion).GetStringOrNull();
        if (message.Kind == RpcKind.Request && revision != headers[McpHeaders.ProtocolVersion].ToString())
        {
            return Mismatch($"{McpHeaders.ProtocolVersion} and _meta must name the same revision.");
        }

        if (message.Method.Length > 0 && headers[McpHeaders.Method].ToString() != message.Method)
        {
            return Mismatch($"{McpHeaders.Method} must be the message's method.");
        }

        var name = message.Method switch
        {
            RequestMethods.ToolsCall or RequestMethods.PromptsGet => message.Text("name"),
            RequestMethods.ResourcesRead => message.Text("uri"),
            _ => null,
        };
        return name is not null && McpHeaderEncoder.DecodeValue(headers[McpHeaders.Name].ToString()) != name
            ? Mismatch($"{McpHeaders.Name} must be what the message is about.")
            : null;
    }

    /// <summary>The answer to a revision that is not spoken here: it lists those that are.</summary>
    public static RpcError Unsupported(RpcMessage message) => new(RpcCodes.UnsupportedVersion, "This protocol revision is not spoken here.")
    {
        Status = StatusCodes.Status400BadRequest,
        Data =
        [
            ("supported", RpcWriter.Write(json =>
            {
                json.WriteStartArray();
                foreach (var version in Revisions.WithoutSessions.Concat(Revisions.WithSessions))
                {
                    json.WriteStringValue(version);
                }

                json.WriteEndArray();
            })),
            ("requested", RpcWriter.Write(json => json.Raw(RpcMessage.Member(message.Meta, MetaKeys.ProtocolVersion)))),
        ],
    };

    private static RpcError Mismatch(string message) => new(RpcCodes.HeaderMismatch, message) { Status = StatusCodes.Status400BadRequest };
}
