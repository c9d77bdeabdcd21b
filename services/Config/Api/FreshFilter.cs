using ManagedOAuth.Config.Feed;

namespace ManagedOAuth.Config.Api;

/// <summary>
/// Lets a request see every change that was answered before it came, also by another replica: much of the admin API is answered from memory, which would
/// be up to a tenth of a second behind.
/// </summary>
public sealed class FreshFilter(ConfigurationLog log) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        await log.ReadAgainAsync(context.HttpContext.RequestAborted);
        return await next(context);
    }
}
