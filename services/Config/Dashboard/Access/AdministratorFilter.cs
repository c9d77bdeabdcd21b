using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Dashboard.Pages;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>
/// Lets a request to a page pass that has an administrator: the user whom Edge let in by the policies of the dashboard's application or, while there
/// is no such application, whoever signed in with an API token. Everybody else is led to the sign-in.
/// </summary>
public sealed class AdministratorFilter(ConfigurationLog log, TokenSession sessions) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var http = context.HttpContext;
        if (!log.Loaded)
        {
            return Messages.Starting();
        }

        var edge = http.GetEdgeRequest();
        if (edge.User is { } user)
        {
            var permissions = DashboardAuthority.PermissionsOf(log.Current.Snapshot, user.Identity, edge.ClientAddress);
            http.Features.Set(new Administrator(user.Email, new ApiCaller($"user:{user.Email}", permissions, user.Id.ToString()), ByApiToken: false));
            return permissions.Count > 0 ? await next(context) : Messages.NoPermission(user.Email);
        }

        if (IsProtected(log.Current.Snapshot, http))
        {
            // The application was made a moment ago and the edge has not heard of it yet; the next request goes through its login.
            return Messages.Protected();
        }

        if (sessions.Read(http) is not { } administrator)
        {
            var back = HttpMethods.IsGet(http.Request.Method) && http.Request.Path != "/" ? $"?back={Uri.EscapeDataString(http.Request.Path + http.Request.QueryString)}" : "";
            return Results.Redirect("/sign-in" + back);
        }

        http.Features.Set(administrator);
        return await next(context);
    }

    /// <summary>Whether an application has the dashboard's domain: then its policies decide, and API tokens are for the API alone.</summary>
    public static bool IsProtected(ConfigurationSnapshot snapshot, HttpContext context) => DashboardDoor.Find(snapshot, context.GetEdgeRequest().PublicOrigin).Any();
}
