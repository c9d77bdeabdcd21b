using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ManagedOAuth.Edge.Challenges;
using ManagedOAuth.ServiceDefaults.Http;

namespace ManagedOAuth.Edge.Answers;

/// <summary>What the edge says itself: a small page to people, JSON to programs, each with the id under which the flow can be found.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Error">Stable code for programs.</param>
/// <param name="Title">For people, a few words.</param>
/// <param name="Message">For people, what to do about it. Never quotes the request.</param>
internal sealed record Answer(int Status, string Error, string Title, string Message)
{
    /// <summary>Where the page leads on to; null for nowhere.</summary>
    public (string Url, string Text)? Link { get; init; }

    /// <summary>Seconds after which it is worth trying again.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The id of this request in traces, logs and events.</summary>
    public static string FlowId(HttpContext context)
        => Activity.Current is { } activity ? activity.TraceId.ToHexString() : context.TraceIdentifier;

    public Task WriteAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = Status;
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        var security = new PageSecurity();
        var html = Navigation.AcceptsHtml(context.Request);
        var body = html ? Page(context, security) : Json(context);
        security.Apply(response);
        response.ContentType = html ? "text/html; charset=utf-8" : "application/json";
        response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    private byte[] Json(HttpContext context)
    {
        using var buffer = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("error", Error);
            json.WriteString("error_description", Message);
            json.WriteString("flow_id", FlowId(context));
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private byte[] Page(HttpContext context, PageSecurity security)
    {
        var link = Link is { } next ? $"<p><a href=\"{WebUtility.HtmlEncode(next.Url)}\">{WebUtility.HtmlEncode(next.Text)}</a></p>" : "";
        return System.Text.Encoding.UTF8.GetBytes($$"""
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{WebUtility.HtmlEncode(Title)}}</title>
            <style nonce="{{security.Nonce}}">body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:15vh auto;padding:0 1em;color:#1d2433}small{color:#667}</style></head>
            <body><h1>{{WebUtility.HtmlEncode(Title)}}</h1><p>{{WebUtility.HtmlEncode(Message)}}</p>{{link}}<p><small>{{Status}} · {{FlowId(context)}}</small></p></body></html>
            """);
    }
}
