using ManagedOAuth.Config.Api;

namespace ManagedOAuth.Config.DryRuns;

/// <summary><c>?dry_run=true</c> on a write: everything is read, validated and decided, and nothing is saved.</summary>
public static class DryRun
{
    /// <summary>Whether the request asks for a dry run.</summary>
    public static bool IsAsked(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Query.TryGetValue("dry_run", out var value) && value != "false";
    }

    /// <summary>The routes of this group change objects of the configuration alone, and so can be tried without effect.</summary>
    public static TBuilder WithDryRun<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new Support(true));

    /// <summary>This route, in a group that has dry runs, does something else than to change objects of the configuration.</summary>
    public static TBuilder WithoutDryRun<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder
        => builder.WithMetadata(new Support(false));

    internal sealed record Support(bool Given);
}

/// <summary>Refuses a dry run where it would not be one: a route that knows nothing of it would do what it is asked.</summary>
public sealed class DryRunFilter : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var request = context.HttpContext.Request;
        if (!DryRun.IsAsked(request))
        {
            return next(context);
        }

        if (request.Query["dry_run"] != "true")
        {
            return new ValueTask<object?>(ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("dry_run is true or false")));
        }

        return HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || context.HttpContext.GetEndpoint()?.Metadata.GetMetadata<DryRun.Support>() is { Given: true }
            ? next(context)
            : new ValueTask<object?>(ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("this request has no dry run; nothing was done")));
    }
}
