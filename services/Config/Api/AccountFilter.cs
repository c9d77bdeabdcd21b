namespace ManagedOAuth.Config.Api;

/// <summary>There is one account; every other id answers like one that does not exist.</summary>
public sealed class AccountFilter(IConfiguration configuration) : IEndpointFilter
{
    private readonly string _account = IdOf(configuration);

    /// <summary>The account's id.</summary>
    public static string IdOf(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        return configuration["Config:Account"] ?? "default";
    }

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        return context.HttpContext.Request.RouteValues["account"] as string == _account
            ? next(context)
            : new ValueTask<object?>(ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("account")));
    }
}
