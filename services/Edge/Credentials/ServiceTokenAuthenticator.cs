using System.Net;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Telemetry;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>Checks service tokens: id and secret first, then the Service Auth policies, then the assertion that the origin gets.</summary>
internal sealed partial class ServiceTokenAuthenticator(
    RouteTableSource routes, ServiceAssertions assertions, AccessCheck check, ServiceTokenUses uses, TimeProvider clock, ILogger<ServiceTokenAuthenticator> logger)
{
    private static readonly Authentication s_bad = new(CredentialProblem.Invalid, CredentialKind.ServiceToken);

    // Compared with when the id is unknown, so that known ids do not show by the time an answer takes.
    private static readonly ServiceToken s_nobody = new() { Id = Guid.Empty, Name = "", ClientId = "", SecretHash = new string('0', 64) };

    public async ValueTask<Authentication> AuthenticateAsync(
        string clientId, string secret, ProtectedApplication application, IPAddress? client, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow();
        var token = clientId.Length > 0 ? routes.Current?.FindServiceToken(clientId) : null;
        var matches = ServiceTokenSecret.Matches(token ?? s_nobody, secret, now);
        if (!matches || token is null || !token.Enabled || token.ExpiresAt <= now)
        {
            Note(token, application, client, matches ? "disabled or expired" : "wrong secret");
            return s_bad;
        }

        // Asked before the assertion is: what the policies refuse costs no other service anything.
        var credential = CredentialOf(token, application, "", secret, DateTimeOffset.MaxValue);
        if (check.Check(credential, application, client) is not CredentialProblem.None and var problem)
        {
            Note(token, application, client, "no policy admits it");
            return new Authentication(problem, CredentialKind.ServiceToken, credential);
        }

        if (await assertions.GetAsync(token, application.Id, cancellationToken) is not { } assertion)
        {
            return new Authentication(CredentialProblem.Unavailable, CredentialKind.ServiceToken);
        }

        uses.Note(token.Id);

        // What it opens lasts as long as the token itself: the assertion is only what the origin is shown at the beginning.
        credential = CredentialOf(token, application, assertion.Assertion, secret, token.ExpiresAt ?? DateTimeOffset.MaxValue);
        return new Authentication(CredentialProblem.None, CredentialKind.ServiceToken, credential);
    }

    private static VerifiedCredential CredentialOf(ServiceToken token, ProtectedApplication application, string assertion, string secret, DateTimeOffset end) => new()
    {
        Kind = CredentialKind.ServiceToken,
        Audience = application.Audience,
        ServiceTokenId = token.Id,
        ServiceTokenSecretHash = ServiceTokenSecret.HashOf(secret),
        Assertion = assertion,
        ExpiresAt = end,
        Claims = new AssertionClaims { CommonName = token.ClientId },
    };

    // Where such a request is decided by the token alone, its owner wants to know. Of an id that is none of ours there is no owner.
    private void Note(ServiceToken? token, ProtectedApplication application, IPAddress? client, string reason)
    {
        if (token is not null && application.StrictServiceTokens)
        {
            EdgeMetrics.ServiceTokenRefused(reason);
            LogRefused(logger, token.Id, application.Id, client, reason);
        }
    }

    [LoggerMessage(1, LogLevel.Warning, "Service token {Token} was refused at application {Application}, from {Address}: {Reason}", EventName = "ServiceTokenRefused")]
    private static partial void LogRefused(ILogger logger, Guid token, Guid application, IPAddress? address, string reason);
}
