using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Diagnostics;
using ManagedOAuth.AuthorizationServer.Http;
using ManagedOAuth.AuthorizationServer.Rules;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.RateLimits;

namespace ManagedOAuth.AuthorizationServer.Registration;

/// <summary>
/// Dynamic client registration (RFC 7591 §3) at application domains: media type and size, JSON, <see cref="RegistrationRules.All"/>, store,
/// 201. Open to everybody, so limited per source and altogether, and what nobody agrees to ends after a day.
/// </summary>
public static class RegistrationEndpoint
{
    /// <summary>Largest body, in bytes. The server's own limit is higher, so that who sends somewhat more reads the answer instead of a reset.</summary>
    public const int MaximumBody = 64 * 1024;

    private static readonly RateLimit s_perSource = RateLimit.PerMinute("registration-source", 60);
    private static readonly RateLimit s_altogether = RateLimit.PerMinute("registration", 600);

    /// <summary>Maps the endpoint.</summary>
    public static void MapRegistration(this IEndpointRouteBuilder endpoints)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        endpoints.MapPost(Paths.Registration, HandleAsync)
            .LimitRate(s_perSource, RateLimitSubjects.Source, RateLimitResponses.OAuth)
            .LimitRate(s_altogether, RateLimitSubjects.Everyone, RateLimitResponses.OAuth);
        endpoints.MapMethods(Paths.Registration, [HttpMethods.Options], context => Cors.Preflight(context, "POST, OPTIONS").ExecuteAsync(context));
    }

    private static async Task HandleAsync(HttpContext context)
    {
        Cors.AllowAnyOrigin(context.Response);
        context.Response.Headers.CacheControl = "no-store";
        var scope = RequestScope.Of(context);
        if (!scope.IsLoaded)
        {
            context.Response.Headers.RetryAfter = "5";
            await JsonErrors.Write(context, StatusCodes.Status503ServiceUnavailable, Errors.TemporarilyUnavailable, "The configuration is not loaded yet.");
            return;
        }

        if (scope.ManagedApplication is not { OauthConfiguration: { } oauth } application)
        {
            await JsonErrors.Write(context, StatusCodes.Status404NotFound, "not_found", "There is no authorization server here.");
            return;
        }

        if (!oauth.DynamicClientRegistration.Enabled)
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, Errors.AccessDenied, "Dynamic client registration is off for this application.");
            return;
        }

        if (await ReadAsync(context) is { } request)
        {
            await RegisterAsync(context, application, oauth.DynamicClientRegistration, request);
        }
    }

    private static async Task<RegistrationRequest?> ReadAsync(HttpContext context)
    {
        // A form post of another site can carry JSON as text/plain, but not as application/json.
        if (!RequestBodies.HasMediaType(context.Request, "application/json"))
        {
            await RefuseAsync(context, StatusCodes.Status415UnsupportedMediaType, Errors.InvalidClientMetadata, "Send application/json in UTF-8.");
            return null;
        }

        if (await RequestBodies.ReadAsync(context.Request, MaximumBody) is not { } body)
        {
            await RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, Errors.InvalidClientMetadata, "The request is larger than 64 KiB.");
            return null;
        }

        try
        {
            if (JsonSerializer.Deserialize(body.Span, RegistrationJson.Default.RegistrationRequest) is { } request)
            {
                return request;
            }
        }
        catch (JsonException)
        {
            // Not JSON, a member twice, too deep or of the wrong type: an answer, not a fault.
        }

        await RefuseAsync(context, StatusCodes.Status400BadRequest, Errors.InvalidClientMetadata, "The body is not one JSON object of client metadata.");
        return null;
    }

    private static async Task RegisterAsync(HttpContext context, Application application, DynamicClientRegistration settings, RegistrationRequest request)
    {
        var registration = new RegistrationContext(request, settings);
        var violated = RegistrationRules.All.FirstViolation(registration);
        await context.RequestServices.GetRequiredService<RefusedRedirectUris>().NoteAsync(application, registration.RefusedRedirectUris, request.ClientName, context.RequestAborted);
        if (violated is { } violation)
        {
            Instruments.Registered(violation.Rule.Id);
            await JsonErrors.Write(context, StatusCodes.Status400BadRequest, violation.Rejection.Error, violation.Rejection.Description);
            return;
        }

        var now = context.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var client = new RegisteredClient
        {
            Id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
            ApplicationId = application.Id,
            Name = registration.Name,
            RedirectUris = registration.RedirectUris,
            RefusedRedirectUris = [.. registration.RefusedRedirectUris.Select(uri => DisplayText.Clean(uri, RefusedRedirectUris.Longest))],
            GrantTypes = registration.GrantTypes,
            ResponseTypes = registration.ResponseTypes,
            Scope = registration.Scope,
            IssuedAt = now,
            ExpiresAt = now + ClientLifetimes.Unbound,
        };
        await context.RequestServices.GetRequiredService<ClientRegistry>().AddAsync(client, context.RequestAborted);
        Instruments.Registered("ok");
        await Results.Json(ResponseOf(client), (JsonTypeInfo)RegistrationJson.Default.RegistrationResponse, statusCode: StatusCodes.Status201Created).ExecuteAsync(context);
    }

    private static RegistrationResponse ResponseOf(RegisteredClient client) => new()
    {
        ClientId = client.Id,
        ClientIdIssuedAt = client.IssuedAt.ToUnixTimeSeconds(),
        ClientName = client.Name,
        RedirectUris = client.RedirectUris,
        GrantTypes = client.GrantTypes,
        ResponseTypes = client.ResponseTypes,
        Scope = client.Scope,
    };

    private static Task RefuseAsync(HttpContext context, int status, string error, string description)
    {
        Instruments.Registered(error);
        return JsonErrors.Write(context, status, error, description);
    }
}
