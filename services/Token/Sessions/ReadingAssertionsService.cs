using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Token.Assertions;
using ManagedOAuth.Token.Configuration;
using ManagedOAuth.Token.Keys.Signing;

namespace ManagedOAuth.Token.Sessions;

/// <summary>What an MCP server that wants an assertion with every request is shown when it is read: that this product asks, and no user. See <c>token.proto</c>.</summary>
[AllowedCallers("config")]
public sealed class ReadingAssertionsService(SigningKeys signing, ConfigurationSource configuration, TimeProvider clock) : ReadingAssertions.ReadingAssertionsBase
{
    /// <summary>Who asks; no client id of a service token is like it.</summary>
    public const string Reader = "managedoauth-config";

    // A reading takes 30 seconds at most; the rest is for clocks that differ.
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(2);

    public override Task<MintReadingAssertionReply> Mint(MintReadingAssertionRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        var snapshot = configuration.Current.Snapshot;
        if (!snapshot.Applications.TryGetValue(Identities.Id(request.ApplicationId, "application_id"), out var application) || snapshot.Organization is not { } organization)
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the application is not known here yet"));
        }

        // Anywhere else it would be a caller whom no policy was asked about.
        if (application.Type != ApplicationType.Mcp)
        {
            throw new RpcException(new Status(StatusCode.PermissionDenied, "not the application of an MCP server"));
        }

        var now = clock.GetUtcNow();
        return Task.FromResult(new MintReadingAssertionReply
        {
            Assertion = signing.Sign(Assertion.OfServiceToken(Reader, application.Aud, organization.AuthDomain, now, now + s_life)),
        });
    }
}
