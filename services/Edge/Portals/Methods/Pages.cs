using System.Globalization;
using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Upstreams;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary>
/// Lists in pages. A cursor is the number of what came before; the lists come from the configuration, so it means the same on every replica. A list that
/// lacks a server says so in <c>_meta</c>, where every client may find it and none has to.
/// </summary>
internal sealed class Pages(ServerStates states)
{
    /// <summary>The member of <c>_meta</c>: an array of objects with <c>server_id</c>, <c>state</c> and <c>cause</c>.</summary>
    public const string LeftOut = "managedoauth/leftOut";

    /// <summary>Most entries of a page.</summary>
    public const int Size = 1000;

    /// <summary>The page that a request asks for.</summary>
    /// <param name="request">The request.</param>
    /// <param name="member">The member of the result that holds the entries.</param>
    /// <param name="all">Every entry: a JSON object in UTF-8.</param>
    public async ValueTask<RpcAnswer> OfAsync(PortalRequest request, string member, IEnumerable<ReadOnlyMemory<byte>> all)
    {
        var start = 0;
        if (request.Message.Text("cursor") is { } cursor && !int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out start))
        {
            return RpcAnswer.Failed(RpcError.InvalidParams("The cursor is none of this list. Begin without one."), PortalOutcomes.InvalidRequest);
        }

        var leftOut = await states.LeftOutAsync(request);
        var page = all.Skip(start).Take(Size + 1).ToList();
        return PortalResults.Of(request, isCacheable: true, json =>
        {
            json.WriteStartArray(member);
            foreach (var entry in page.Take(Size))
            {
                json.WriteRawValue(entry.Span, skipInputValidation: true);
            }

            json.WriteEndArray();
            if (page.Count > Size)
            {
                json.WriteString("nextCursor", (start + Size).ToString(CultureInfo.InvariantCulture));
            }
        }, leftOut.Count == 0 ? null : json => Write(json, leftOut));
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<ServerState> leftOut)
    {
        json.WriteStartArray(LeftOut);
        foreach (var (server, state, cause) in leftOut)
        {
            json.WriteStartObject();
            json.WriteString("server_id", server.ServerId);
            json.WriteString("name", server.Record.Name);
            json.WriteString("state", state);
            json.WriteString("cause", cause);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <summary>The answer to somebody who may see no server at all.</summary>
    public static RpcAnswer NoServers { get; } = RpcAnswer.Failed(RpcError.Unavailable("No allowed servers available, check your Zero Trust Policies"), PortalOutcomes.Denied);
}
