using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Token.Assertions;
using ManagedOAuth.Token.Codes;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Keys.Signing;
using ManagedOAuth.Token.Secrets;

namespace ManagedOAuth.Token.Sessions;

/// <summary>Browser sessions and service tokens, for the edges.</summary>
[AllowedCallers("edge")]
public sealed class EdgeSessionsService(
    CodeStore codes, GrantWriter grants, SigningKeys signing, LinkedAssertions linked, ConfigurationSource configuration, TimeProvider clock) : EdgeSessions.EdgeSessionsBase
{
    // Edges keep it and check the service token itself on every request; a short life only bounds what an origin may have copied.
    private static readonly TimeSpan s_serviceAssertion = TimeSpan.FromMinutes(15);

    public override Task<RedeemSessionReply> RedeemSession(RedeemSessionRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        return RedeemAsync(request, context.CancellationToken);
    }

    public override Task<MintServiceAssertionReply> MintServiceAssertion(MintServiceAssertionRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Task.FromResult(Mint(request));
    }

    public override Task<MintLinkedAssertionReply> MintLinkedAssertion(MintLinkedAssertionRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var (application, issuer) = Find(request.ApplicationId);
        return linked.MintAsync(request, application, issuer, context.CancellationToken);
    }

    public override async Task<EndSessionReply> EndSession(EndSessionRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var application = Identities.Id(request.ApplicationId, "application_id");
        var now = clock.GetUtcNow();
        await grants.ChangeAsync(
            Identities.Id(request.GrantId, "grant_id"),
            new GrantCause("user"),
            grant => grant.Kind == GrantKind.Browser && grant.Subject.ApplicationId == application
                ? GrantEnding.Revoke(grant, RevocationReason.SignedOut, now, clientAddress: request.ClientAddress)
                : null,
            context.CancellationToken);
        return new EndSessionReply();
    }

    private async Task<RedeemSessionReply> RedeemAsync(RedeemSessionRequest request, CancellationToken cancellation)
    {
        var now = clock.GetUtcNow();
        var (application, issuer) = Find(request.ApplicationId);
        if (!GrantSecret.TryParse(SecretPrefixes.SessionCode, request.Code, out var code)
            || await grants.FindAsync(code.GrantId, cancellation) is not { IsLive: true, Kind: GrantKind.Browser } grant
            || grant.ExpiresAt <= now
            || !await codes.TakeSessionAsync(code, application.Id, now, cancellation))
        {
            throw new RpcException(new Status(StatusCode.NotFound, "the code is unknown, used or expired"));
        }

        return new RedeemSessionReply
        {
            Assertion = signing.Sign(Assertion.OfUser(grant.Identity, grant.Id, application.Aud, issuer, now, grant.ExpiresAt)),
            GrantId = grant.Id.ToString(),
            ExpiresAt = Timestamp.FromDateTimeOffset(grant.ExpiresAt),
        };
    }

    private MintServiceAssertionReply Mint(MintServiceAssertionRequest request)
    {
        var now = clock.GetUtcNow();
        var (application, issuer) = Find(request.ApplicationId);

        // The edge has verified the secret; that the token exists and may be used at all is not taken from it.
        if (!configuration.Current.Snapshot.ServiceTokens.TryGetValue(Identities.Id(request.ServiceTokenId, "service_token_id"), out var token)
            || token.ClientId != request.ClientId || !token.Enabled || token.ExpiresAt <= now)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "no such service token"));
        }

        var end = now + s_serviceAssertion;
        return new MintServiceAssertionReply
        {
            Assertion = signing.Sign(Assertion.OfServiceToken(token.ClientId, application.Aud, issuer, now, end)),
            ExpiresAt = Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeSeconds(end.ToUnixTimeSeconds())),
        };
    }

    private (Application Application, string Issuer) Find(string applicationId)
    {
        var snapshot = configuration.Current.Snapshot;
        return snapshot.Applications.TryGetValue(Identities.Id(applicationId, "application_id"), out var application) && snapshot.Organization is { } organization
            ? (application, organization.AuthDomain)
            : throw new RpcException(new Status(StatusCode.Unavailable, "the application is not known here yet"));
    }
}
