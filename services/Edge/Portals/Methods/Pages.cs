using System.Globalization;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary>Lists in pages. A cursor is the number of what came before; the lists come from the configuration, so it means the same on every replica.</summary>
internal static class Pages
{
    /// <summary>Most entries of a page.</summary>
    public const int Size = 1000;

    /// <summary>The page that a request asks for.</summary>
    /// <param name="request">The request.</param>
    /// <param name="member">The member of the result that holds the entries.</param>
    /// <param name="all">Every entry: a JSON object in UTF-8.</param>
    public static RpcAnswer Of(PortalRequest request, string member, IEnumerable<ReadOnlyMemory<byte>> all)
    {
        var start = 0;
        if (request.Message.Text("cursor") is { } cursor && !int.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out start))
        {
            return RpcAnswer.Failed(RpcError.InvalidParams("The cursor is none of this list. Begin without one."), PortalOutcomes.InvalidRequest);
        }

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
        });
    }

    /// <summary>The answer to somebody who may see no server at all.</summary>
    public static RpcAnswer NoServers { get; } = RpcAnswer.Failed(RpcError.Unavailable("No allowed servers available, check your Zero Trust Policies"), PortalOutcomes.Denied);
}
