using ManagedOAuth.AuthorizationServer.Pages;

namespace ManagedOAuth.AuthorizationServer.Http;

/// <summary>What Edge hands over and nobody here serves: a page at the team domain, an error of the protocol at application domains.</summary>
public static class NothingHere
{
    /// <summary>Answers requests for which routing found no endpoint. No fallback endpoint: that would also swallow every 405.</summary>
    public static void UseNothingHere(this IApplicationBuilder app)
        => app.Use((context, next) => context.GetEndpoint() is not null ? next(context)
            : RequestScope.Of(context).Edge.ApplicationId is null ? ErrorPage.NotFound().ExecuteAsync(context)
            : JsonErrors.Write(context, StatusCodes.Status404NotFound, "not_found", "There is no such endpoint."));
}
