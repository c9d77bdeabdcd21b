using System.Buffers.Text;
using System.Net;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Token.Assertions;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Grants;
using ManagedOAuth.Token.Keys.Signing;
using ManagedOAuth.Token.Refresh;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Token.Sessions;

/// <summary>
/// Makes assertions for an application out of those of another one that speaks for the user: one that a policy links it with, or the portal in front of an
/// MCP server. The user is the one of the grant behind the first assertion, and the grant's history tells of each.
/// </summary>
public sealed class LinkedAssertions(GrantWriter grants, SigningKeys signing, ConfigurationSource configuration, TimeProvider clock)
{
    private const int MaximumLength = 8192;

    // As long as that of a service token: edges check grant and policies at every request.
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(15);
    private static readonly JsonWebTokenHandler s_handler = new() { MaximumTokenSizeInBytes = MaximumLength };

    // A client that calls at all servers of a portal at once asks for one for each; turns of their own, because a refresh may take seconds.
    private readonly RefreshTurns _turns = new();

    /// <summary>Makes one.</summary>
    /// <exception cref="RpcException">PERMISSION_DENIED: the assertion does not count, or no policy links the two applications or admits the user.</exception>
    public async Task<MintLinkedAssertionReply> MintAsync(MintLinkedAssertionRequest request, Application application, string issuer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(application);
        var now = clock.GetUtcNow();
        var snapshot = configuration.Current.Snapshot;
        var (grantId, audience, end) = await VerifyAsync(request.Assertion, issuer, now);
        if (await grants.FindAsync(grantId, cancellation) is not { IsLive: true } grant
            || !snapshot.Applications.TryGetValue(grant.Subject.ApplicationId, out var source)
            || source.Aud != audience)
        {
            throw Denied("the assertion is of no live grant");
        }

        var facts = new RequestFacts { ClientAddress = IPAddress.TryParse(request.ClientAddress, out var address) ? address : null };

        // At a server behind a portal it is the user who is admitted or not; anywhere else the application that speaks for them.
        var isBehindPortal = source.Type == ApplicationType.McpPortal && application.Type == ApplicationType.Mcp;
        var decision = isBehindPortal
            ? GrantAdmission.Evaluate(snapshot, application, grant.Identity, facts)
            : PolicyEvaluator.Evaluate(snapshot, application, null, facts with { LinkedApplicationId = source.Id });
        if (decision.Outcome != PolicyOutcome.Bypass && decision.Outcome != (isBehindPortal ? PolicyOutcome.Allow : PolicyOutcome.ServiceAuth))
        {
            throw Denied("no policy links the two applications, or admits the user");
        }

        using var turn = await _turns.TakeAsync(grantId, cancellation);
        var expiresAt = end < now + s_life ? end : now + s_life;
        var given = await grants.ChangeAsync(grantId, new GrantCause($"application:{source.Id}", request.FlowId), current => current.IsLive ? Given(current) : null, cancellation);
        return given is not { IsLive: true } ? throw Denied("the grant has ended") : new MintLinkedAssertionReply
        {
            Assertion = signing.Sign(Assertion.OfUser(given.Identity, grantId, application.Aud, issuer, now, expiresAt, source.Id)),
            ExpiresAt = Timestamp.FromDateTimeOffset(DateTimeOffset.FromUnixTimeSeconds(expiresAt.ToUnixTimeSeconds())),
        };

        LinkedAccessGiven Given(Grant current) => new()
        {
            Subject = current.Subject,
            Decision = decision,
            ConfigurationPosition = snapshot.Position,
            LinkedTo = application.Id,
            AssertionExpiresAt = expiresAt,
            FlowId = request.FlowId,
            ClientAddress = request.ClientAddress,
        };
    }

    // The edge has verified it; that it is ours at all is not taken from it.
    private async Task<(Guid Grant, string Audience, DateTimeOffset End)> VerifyAsync(string assertion, string issuer, DateTimeOffset now)
    {
        var keys = new JsonWebKeySet(Encoding.UTF8.GetString(signing.Published ?? throw new RpcException(new Status(StatusCode.Unavailable, "no keys are loaded yet"))));
        var result = assertion.Length > MaximumLength ? null : await s_handler.ValidateTokenAsync(assertion, new TokenValidationParameters
        {
            ValidIssuer = issuer,
            ValidateAudience = false,
            ValidAlgorithms = [SecurityAlgorithms.RsaSha256, SecurityAlgorithms.EcdsaSha256],
            IssuerSigningKeys = keys.GetSigningKeys(),
            RequireSignedTokens = true,
            RequireExpirationTime = true,
            LifetimeValidator = (_, ends, _, _) => ends > now.UtcDateTime,
        });
        var nonce = new byte[16];
        return result is { IsValid: true, SecurityToken: JsonWebToken token }
            && token.TryGetPayloadValue<string>("type", out var type) && type == "app"
            && !token.TryGetPayloadValue<string>("linked_app_uid", out _)
            && token.Audiences.SingleOrDefault() is { } audience
            && token.TryGetPayloadValue<string>("identity_nonce", out var grant) && grant is { Length: 22 }
            && Base64Url.TryDecodeFromChars(grant, nonce, out var length) && length == 16
            ? (new Guid(nonce, bigEndian: true), audience, new DateTimeOffset(token.ValidTo, TimeSpan.Zero))
            : throw Denied("the assertion is not one of a user");
    }

    private static RpcException Denied(string detail) => new(new Status(StatusCode.PermissionDenied, detail));
}
