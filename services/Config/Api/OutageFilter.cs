using ManagedOAuth.ServiceDefaults.Http;

namespace ManagedOAuth.Config.Api;

/// <summary>Answers 503 in the envelope when the database does not answer, or writers wait for each other for too long.</summary>
public sealed class OutageFilter : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        try
        {
            return await next(context);
        }
        catch (Exception outage) when (Outages.Is(outage))
        {
            context.HttpContext.Response.Headers.RetryAfter = "1";
            return ApiEnvelope.Error(StatusCodes.Status503ServiceUnavailable, ApiErrors.Unavailable("the configuration store"));
        }
    }
}
