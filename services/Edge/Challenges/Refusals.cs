using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.RefusedRequests;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Sessions;

namespace ManagedOAuth.Edge.Challenges;

/// <summary>How a request that is not let in is answered.</summary>
internal sealed class Refusals(LoginRedirect login, RefusalNotes notes)
{
    // Clients probe it without a credential when they look for metadata; a challenge would send them in a circle.
    private const string OpenIdConfiguration = "/.well-known/openid-configuration";

    public Task AnswerAsync(HttpContext context, Door door, string pathAndQuery, Authentication authentication)
    {
        var application = door.Application;
        notes.Add(context, application, authentication);
        if (application.Cors is { } cors && context.Request.Headers.Origin.Count == 1)
        {
            cors.WriteAnswer(context.Request.Headers.Origin.ToString(), context.Response.Headers);
        }

        switch (authentication.Problem)
        {
            case CredentialProblem.Denied:
                return DenyAsync(context, application, authentication.Kind);
            case CredentialProblem.Stale:
                return KnownAnswers.Stale.WriteAsync(context);
            case CredentialProblem.Unavailable:
                return KnownAnswers.ServiceAway.WriteAsync(context);
            case CredentialProblem.Invalid when authentication.Kind == CredentialKind.ServiceToken && application.StrictServiceTokens:
                return KnownAnswers.BadServiceToken.WriteAsync(context);
            case CredentialProblem.Malformed:
                return ChallengeAsync(context, door, authentication.Problem, StatusCodes.Status400BadRequest);
        }

        if (!application.AdmitsUsers && application.HasServiceAuth && !application.ManagedOAuth)
        {
            // There is nobody to log in: a redirect to the login would lead nowhere.
            if (authentication.Problem == CredentialProblem.Missing)
            {
                notes.Add(context, application, authentication, RefusalReasons.ServiceTokenNeeded);
            }

            if (TryRedirect(context, application.Record.CustomNonIdentityDenyUrl))
            {
                return Task.CompletedTask;
            }

            if (ForbiddenPage(context, application) is { } page)
            {
                return page.WriteAsync(context);
            }

            var status = application.Record.ServiceAuth401Redirect ? StatusCodes.Status401Unauthorized : StatusCodes.Status403Forbidden;
            return (KnownAnswers.ServiceTokensOnly with { Status = status }).WriteAsync(context);
        }

        if (!application.ManagedOAuth || Navigation.Is(context.Request))
        {
            login.Send(context, door, pathAndQuery);
            return Task.CompletedTask;
        }

        return authentication.Problem == CredentialProblem.Missing && pathAndQuery == OpenIdConfiguration
            ? KnownAnswers.NotFound.WriteAsync(context)
            : ChallengeAsync(context, door, authentication.Problem, StatusCodes.Status401Unauthorized);
    }

    private static Task DenyAsync(HttpContext context, ProtectedApplication application, CredentialKind kind)
    {
        // Who the user is was decided at the login. What a later request of theirs fails on is the request itself.
        var record = application.Record;
        var url = kind is CredentialKind.ServiceToken or CredentialKind.LinkedToken || record.CustomNonIdentityDenyUrl.Length > 0 ? record.CustomNonIdentityDenyUrl : record.CustomDenyUrl;
        if (TryRedirect(context, url))
        {
            return Task.CompletedTask;
        }

        if (ForbiddenPage(context, application) is { } page)
        {
            return page.WriteAsync(context);
        }

        var answer = record.CustomDenyMessage.Length > 0 ? KnownAnswers.Denied with { Message = record.CustomDenyMessage } : KnownAnswers.Denied;
        return answer.WriteAsync(context);
    }

    // An organization's own page is for people; programs get JSON as ever.
    private static CustomPageAnswer? ForbiddenPage(HttpContext context, ProtectedApplication application)
        => Navigation.AcceptsHtml(context.Request) && application.Snapshot.CustomPageOf(application.Record, CustomPageType.Forbidden) is { } page
            ? new CustomPageAnswer(StatusCodes.Status403Forbidden, page)
            : null;

    private static bool TryRedirect(HttpContext context, string url)
    {
        if (!Navigation.Is(context.Request) || !Uri.TryCreate(url, UriKind.Absolute, out var target) || target.Scheme is not ("https" or "http"))
        {
            return false;
        }

        context.Response.StatusCode = StatusCodes.Status302Found;
        context.Response.Headers.Location = target.AbsoluteUri;
        context.Response.Headers.CacheControl = "no-store";
        return true;
    }

    private static Task ChallengeAsync(HttpContext context, Door door, CredentialProblem problem, int status)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (door.Application.ManagedOAuth)
        {
            response.Headers.WWWAuthenticate = BearerChallenge.For(door, problem);
        }

        using var buffer = new MemoryStream(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("error", BearerChallenge.ErrorOf(problem));
            json.WriteString("error_description", BearerChallenge.DescriptionOf(problem));
            if (door.Application.ManagedOAuth)
            {
                json.WriteString("resource_metadata", door.ResourceMetadata);
            }

            json.WriteString("flow_id", Answer.FlowId(context));
            json.WriteEndObject();
        }

        response.ContentType = "application/json";
        response.ContentLength = buffer.Length;
        return HttpMethods.IsHead(context.Request.Method) ? Task.CompletedTask : response.Body.WriteAsync(buffer.ToArray(), context.RequestAborted).AsTask();
    }
}
