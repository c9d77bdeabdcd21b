using ManagedOAuth.ServiceDefaults.Http;
using Marten.Exceptions;

namespace ManagedOAuth.Config.Api;

/// <summary>Answers 503 in the envelope when the database does not answer, or writers wait for each other for too long; 400 for an object that cannot be stored.</summary>
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
        catch (UnstorableJsonException)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest("the object is larger than one can be (2 MiB of JSON), or has a text with the character U+0000; nothing was changed"));
        }
    }
}
