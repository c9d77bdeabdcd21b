using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>Passes the head and the trailers of an answer back.</summary>
internal static class IncomingResponse
{
    public static bool IsEventStream(HttpResponseMessage response)
        => response.Content.Headers.NonValidated.TryGetValues("Content-Type", out var type)
            && type.ToString().StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase);

    public static void CopyHead(HttpResponseMessage response, HttpContext context, IForwardTransform transform, bool upgraded)
    {
        context.Response.StatusCode = (int)response.StatusCode;
        if (context.Request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal))
        {
            context.Features.GetRequiredFeature<IHttpResponseFeature>().ReasonPhrase = response.ReasonPhrase;
        }

        var headers = context.Response.Headers;
        var connection = response.Headers.NonValidated.TryGetValues("Connection", out var named) ? new StringValues([.. named]) : StringValues.Empty;
        Copy(response.Headers.NonValidated, headers, connection, transform);
        Copy(response.Content.Headers.NonValidated, headers, connection, transform);
        if (upgraded)
        {
            headers.Connection = "Upgrade";
            headers.Upgrade = "websocket";
        }
        else if (response.StatusCode is HttpStatusCode.NoContent or HttpStatusCode.ResetContent)
        {
            // These have no body, so a length could only be wrong.
            headers.ContentLength = null;
        }
    }

    public static void CopyTrailers(HttpResponseMessage response, HttpContext context)
    {
        var trailers = response.TrailingHeaders.NonValidated;
        if (trailers.Count == 0 || !context.Response.SupportsTrailers())
        {
            return;
        }

        foreach (var (name, values) in trailers)
        {
            if (!HeaderRules.IsDroppedFromResponse(name) && !name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
            {
                context.Response.AppendTrailer(name, values.ToString());
            }
        }
    }

    private static void Copy(HttpHeadersNonValidated from, IHeaderDictionary to, StringValues connection, IForwardTransform transform)
    {
        foreach (var (name, values) in from)
        {
            if (HeaderRules.IsDroppedFromResponse(name) || HeaderRules.IsNamedBy(connection, name))
            {
                continue;
            }

            if (name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
            {
                to.SetCookie = StringValues.Concat(to.SetCookie, values.Where(transform.KeepsSetCookie).ToArray());
            }
            else
            {
                to[name] = values.Count == 1 ? values.ToString() : values.ToArray();
            }
        }
    }
}
