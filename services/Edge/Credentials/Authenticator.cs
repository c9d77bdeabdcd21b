using System.Net;
using ManagedOAuth.Edge.Answers;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Forwarding;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>
/// Finds the one credential that decides, and what it is worth.
/// <list type="number">
/// <item>Of the three that a client sends on purpose (our bearer token, a service token, <c>Cf-Access-Token</c>) there is at most one;
/// two are an error, whatever they are worth.</item>
/// <item>Such a credential decides alone: a bad one is never made good by a cookie beside it.</item>
/// <item>Otherwise the session cookie decides. An Authorization that is not ours then belongs to the origin and passes.</item>
/// <item>A bearer token that is not ours, with nothing else, is a bad credential.</item>
/// <item>A token of ours in the query is no credential (RFC 6750 §2.3 is not offered) and goes to no origin: alone it is nothing, beside another one
/// an error.</item>
/// </list>
/// </summary>
internal sealed class Authenticator(
    CredentialCache cache, KeyRing keys, RouteTableSource routes, AccessCheck check, ServiceTokenAuthenticator serviceTokens, LinkedTokenAuthenticator linkedTokens,
    GrantUseReports uses, TimeProvider clock)
{
    public const string AssertionHeader = "Cf-Access-Token";

    public ValueTask<Authentication> AuthenticateAsync(HttpContext context, Door door)
        => door.Application.ManagedOAuth && BearerCredential.IsInQuery(context.Request) ? BesideTokenInQueryAsync(context, door) : FindAsync(context, door);

    private async ValueTask<Authentication> BesideTokenInQueryAsync(HttpContext context, Door door)
        => await FindAsync(context, door) is { Problem: not CredentialProblem.None } refused ? refused : new Authentication(CredentialProblem.Malformed, CredentialKind.AccessToken);

    private ValueTask<Authentication> FindAsync(HttpContext context, Door door)
    {
        var application = door.Application;
        var headers = context.Request.Headers;
        var client = context.Connection.RemoteIpAddress;
        ReadOnlySpan<char> token = default;
        var form = application.ManagedOAuth ? BearerCredential.Read(headers.Authorization, out token) : BearerForm.Absent;
        var (hasServiceToken, clientId, secret) = ServiceTokenHeader.Read(headers, application);
        var assertion = headers[AssertionHeader].ToString();

        var deliberate = (form == BearerForm.Ours ? 1 : 0) + (hasServiceToken ? 1 : 0) + (assertion.Length > 0 ? 1 : 0);
        if (deliberate > 1 || (form == BearerForm.Malformed && !hasServiceToken))
        {
            return new(new Authentication(CredentialProblem.Malformed, CredentialKind.AccessToken));
        }

        if (form == BearerForm.Ours)
        {
            return new(ByAccessToken(token, application, client));
        }

        if (hasServiceToken)
        {
            return serviceTokens.AuthenticateAsync(clientId, secret, application, client, context.RequestAborted);
        }

        if (assertion.Length > 0)
        {
            if (linkedTokens.SourceOf(assertion, application) is { } source)
            {
                return linkedTokens.AuthenticateAsync(assertion, source, application, client, Answer.FlowId(context), context.RequestAborted);
            }

            return ByAssertion(assertion, CredentialKind.AssertionHeader, application, client);
        }

        if (CookieHeader.TryGet(headers.Cookie, door.SessionCookie, out var cookie, out var ambiguous))
        {
            return ByAssertion(cookie, CredentialKind.BrowserSession, application, client);
        }

        return new(ambiguous ? new Authentication(CredentialProblem.Invalid, CredentialKind.BrowserSession)
            : form == BearerForm.Foreign ? new Authentication(CredentialProblem.Invalid, CredentialKind.AccessToken)
            : Authentication.Nothing);
    }

    private Authentication ByAccessToken(ReadOnlySpan<char> token, ProtectedApplication application, IPAddress? client)
    {
        if (!cache.TryGet(token, CredentialKind.AccessToken, application.Audience, out var credential))
        {
            var current = keys.Current;
            credential = AccessTokenOpener.Open(token, application, current, clock.GetUtcNow());
            if (credential is null)
            {
                return new Authentication(NotGenuine(), CredentialKind.AccessToken);
            }

            cache.Add(token.ToString(), current, credential);
        }

        return Checked(credential, CredentialKind.AccessToken, application, client);
    }

    private ValueTask<Authentication> ByAssertion(string assertion, CredentialKind kind, ProtectedApplication application, IPAddress? client)
        => cache.TryGet(assertion, kind, application.Audience, out var credential)
            ? new(Checked(credential, kind, application, client))
            : ByNewAssertionAsync(assertion, kind, application, client);

    private async ValueTask<Authentication> ByNewAssertionAsync(string assertion, CredentialKind kind, ProtectedApplication application, IPAddress? client)
    {
        var current = keys.Current;
        var issuer = routes.Current?.AssertionIssuer ?? "";
        var credential = await AssertionVerifier.VerifyAsync(assertion, kind, application, issuer, current, clock.GetUtcNow());
        if (credential is null)
        {
            return new Authentication(NotGenuine(), kind);
        }

        cache.Add(assertion, current, credential);
        return Checked(credential, kind, application, client);
    }

    private Authentication Checked(VerifiedCredential credential, CredentialKind kind, ProtectedApplication application, IPAddress? client)
    {
        var problem = check.Check(credential, application, client);
        if (problem == CredentialProblem.None)
        {
            uses.Note(credential);
        }

        return new Authentication(problem, kind, credential);
    }

    // Without any keys nothing can be told apart: that is no verdict on the token.
    private CredentialProblem NotGenuine() => keys.IsLoaded ? CredentialProblem.Invalid : CredentialProblem.Stale;
}
