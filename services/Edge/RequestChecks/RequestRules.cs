using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Edge.RequestChecks;

/// <summary>
/// The ordered checks that every request passes before anything else is done with it. Kestrel refuses some of these forms itself; it
/// lets others through, and which ones is no contract of its, so each rule stands here on its own.
/// </summary>
internal static class RequestRules
{
    /// <summary>For every address.</summary>
    public static readonly IRequestRule[] Always =
    [
        new MethodIsServed(),
        new HostIsSingle(),
        new FramingIsUnambiguous(),
        new HeadersArePlain(),
        new HeadersComeOnce(),
        new TargetIsPlain(),
        new TargetEscapesAreWhole(),
        new PathHasNoBackslash(),
        new PathHasNoEscapedControls(),
    ];

    /// <summary>
    /// Where more than one decision hangs on the path: a host with path-scoped applications or a Bypass policy, and our own domains.
    /// There no two readers may take one target for two paths.
    /// </summary>
    public static readonly IRequestRule[] Strict =
    [
        new PathHasNoDotSegments(),
        new PathHasNoEscapedSeparators(),
        new PathIsUtf8(),
    ];

    /// <summary>Reads the head of a request and runs <see cref="Always"/>; null when it passes.</summary>
    public static RequestRefusal? Check(IHttpRequestFeature request, out RequestHead head)
    {
        var host = request.Headers.Host;
        if (!RequestTarget.TryRead(request.RawTarget, host.Count == 1 ? host[0] ?? "" : "", out var target))
        {
            head = default;

            // TRACE * and CONNECT host:443 deserve to be called what they are.
            return MethodIsServed.IsRefused(request.Method)
                ?? new RequestRefusal(StatusCodes.Status400BadRequest, "target-form", "The request target is neither a path nor an URL of this host.");
        }

        head = new RequestHead(request.Protocol, request.Method, target, request.Headers);
        return Run(Always, head);
    }

    /// <summary>Runs a list of rules in order; the first that refuses decides.</summary>
    public static RequestRefusal? Run(IRequestRule[] rules, in RequestHead head)
    {
        foreach (var rule in rules)
        {
            if (rule.Check(head) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    internal static RequestRefusal BadRequest(this IRequestRule rule, string message)
        => new(StatusCodes.Status400BadRequest, rule.Id, message);
}
