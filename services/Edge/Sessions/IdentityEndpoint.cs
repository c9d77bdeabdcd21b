using System.Text.Json;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Challenges;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Forwarding;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Sessions;

/// <summary><c>GET /cdn-cgi/access/get-identity</c>: who the caller is here, in the field names of the original.</summary>
internal sealed class IdentityEndpoint(Authenticator authenticator, RouteTableSource routes)
{
    private static readonly Answer s_nobody =
        new(StatusCodes.Status401Unauthorized, "not_signed_in", "Not signed in", "This request carries no valid session of this application.");

    public async Task HandleAsync(HttpContext context, HostRoutes host)
    {
        foreach (var door in host.Doors)
        {
            var authentication = await authenticator.AuthenticateAsync(context, door);
            if (authentication is { Problem: CredentialProblem.None, Credential: { } credential })
            {
                await WriteAsync(context, credential);
                return;
            }

            if (authentication.Problem is CredentialProblem.Stale or CredentialProblem.Unavailable)
            {
                await KnownAnswers.Stale.WriteAsync(context);
                return;
            }
        }

        if (host.Root is { Application.ManagedOAuth: true } root)
        {
            context.Response.Headers.WWWAuthenticate = BearerChallenge.For(root, CredentialProblem.Missing);
        }

        await s_nobody.WriteAsync(context);
    }

    private async Task WriteAsync(HttpContext context, VerifiedCredential credential)
    {
        using var buffer = new MemoryStream(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (credential.Identity is { } identity)
            {
                json.WriteString("email", identity.Email);
                json.WriteString("user_uuid", identity.UserId);
                json.WriteStartObject("idp");
                json.WriteString("id", identity.IdentityProviderId);
                json.WriteString("type", routes.Current?.Snapshot.IdentityProviders.GetValueOrDefault(identity.IdentityProviderId)?.Type ?? "");
                json.WriteEndObject();
                json.WriteNumber("iat", credential.Claims.IssuedAt.ToUnixTimeSeconds());
            }

            if (credential.ServiceTokenId is { } token)
            {
                json.WriteString("common_name", credential.Claims.CommonName);
                json.WriteString("service_token_id", token);
            }

            json.WriteBoolean("service_token_status", credential.Kind == CredentialKind.ServiceToken);
            json.WriteString("ip", OriginTransform.AddressText(context.Connection.RemoteIpAddress));
            json.WriteEndObject();
        }

        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.Length;
        await context.Response.Body.WriteAsync(buffer.ToArray(), context.RequestAborted);
    }
}
