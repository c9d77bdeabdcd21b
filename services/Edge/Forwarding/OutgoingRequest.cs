using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Edge.Forwarding;

/// <summary>Makes the message that goes to the destination.</summary>
internal static class OutgoingRequest
{
    private static readonly UriCreationOptions s_asReceived = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>A WebSocket handshake (RFC 6455 §4.1). No other upgrade is passed on, h2c least of all.</summary>
    public static bool IsWebSocketUpgrade(HttpContext context)
        => context.Request.Headers.Upgrade.Count == 1
            && string.Equals(context.Request.Headers.Upgrade[0], "websocket", StringComparison.OrdinalIgnoreCase)
            && context.Request.Method == "GET"
            && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true };

    public static HttpRequestMessage Create(HttpContext context, ForwardRequest forward, ActivityTimeout activity, bool upgrade)
    {
        var request = new HttpRequestMessage(MethodOf(context.Request.Method), new Uri(forward.Prefix + forward.PathAndQuery, s_asReceived))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,

            // Step 2: before the headers, because some of them belong to it.
            Content = upgrade ? null : ContentOf(context, activity),
        };

        // Step 3
        CopyHeaders(context.Request.Headers, forward.Transform, request);
        forward.Transform.AddHeaders(context, request);
        if (upgrade)
        {
            request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        }

        AddTraceContext(request);
        return request;
    }

    private static HttpContent? ContentOf(HttpContext context, ActivityTimeout activity)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            return new RequestBodyContent(context.Request.Body, context.Request.ContentLength, activity);
        }

        // Without content, a connection that the origin closes while idle makes the handler send again. That is only right for
        // methods that may be repeated; an empty body that has been sent forbids it for the others.
        return context.Request.Method is "GET" or "HEAD" or "OPTIONS" ? null : new ByteArrayContent([]);
    }

    private static void CopyHeaders(IHeaderDictionary received, IForwardTransform transform, HttpRequestMessage request)
    {
        var connection = received.Connection;
        foreach (var (name, value) in received)
        {
            var kind = HeaderRules.Classify(name);
            if (kind is HeaderKind.HopByHop or HeaderKind.ContentLength or HeaderKind.Trace || HeaderRules.IsNamedBy(connection, name))
            {
                continue;
            }

            if (transform.RequestHeader(name, kind, value) is { } kept)
            {
                Add(request, name, kept);
            }
        }
    }

    private static void Add(HttpRequestMessage request, string name, StringValues values)
    {
        if (values.Count == 1 ? request.Headers.TryAddWithoutValidation(name, values[0]) : request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values))
        {
            return;
        }

        // A header of the content, on a request that has none: an empty content carries it.
        request.Content ??= new ByteArrayContent([]);
        request.Content.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
    }

    private static void AddTraceContext(HttpRequestMessage request)
    {
        if (Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: { } id })
        {
            request.Headers.TryAddWithoutValidation("traceparent", id);
        }
    }

    private static HttpMethod MethodOf(string method) => method switch
    {
        "GET" => HttpMethod.Get,
        "POST" => HttpMethod.Post,
        "HEAD" => HttpMethod.Head,
        "PUT" => HttpMethod.Put,
        "DELETE" => HttpMethod.Delete,
        "PATCH" => HttpMethod.Patch,
        "OPTIONS" => HttpMethod.Options,
        _ => new HttpMethod(method),
    };
}
