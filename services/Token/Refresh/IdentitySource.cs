using Grpc.Core;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.ServiceDefaults.Http;
using ManagedOAuth.Token.Grants;
using Microsoft.Extensions.Options;
using IdentitiesClient = ManagedOAuth.Contracts.AuthorizationServer.Identities.IdentitiesClient;

namespace ManagedOAuth.Token.Refresh;

/// <summary>
/// Asks, through authorization-server, what a user's identity provider says about them now. No answer in <see cref="TokenOptions.LookupDeadline"/> is an outage:
/// the client comes again with the same refresh token.
/// </summary>
public sealed class IdentitySource(IdentitiesClient identities, IOptions<TokenOptions> options)
{
    /// <summary>The identity of now, or why the identity provider no longer vouches for the user.</summary>
    /// <exception cref="RpcException">UNAVAILABLE or DEADLINE_EXCEEDED: nobody could tell.</exception>
    public async Task<CurrentIdentity> AskAsync(Grant grant, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(grant);
        var request = new CurrentIdentityRequest
        {
            ProviderGrantId = grant.Identity.ProviderGrantId.ToString(),
            UserId = grant.Identity.UserId.ToString(),
            NeededUntil = grant.ExpiresAt.ToUnixTimeSeconds(),
        };
        try
        {
            var reply = await identities.CurrentAsync(request, deadline: DateTime.UtcNow + options.Value.LookupDeadline, cancellationToken: cancellation);
            return reply.Refusal.Length > 0 ? new CurrentIdentity(grant.Identity, reply.Refusal) : new CurrentIdentity(With(grant.Identity, reply), null);
        }
        catch (RpcException failed) when (!Outages.IsTransient(failed) && !cancellation.IsCancellationRequested)
        {
            // Whatever went wrong there, it is no word of the identity provider: a grant must not end by it.
            throw new RpcException(new Status(StatusCode.Unavailable, "authorization-server could not tell"), failed.Message);
        }
    }

    private static Identity With(Identity known, CurrentIdentityReply reply) => known with
    {
        Email = reply.Email,
        Claims = reply.Claims.ToDictionary(claim => claim.Name, claim => (IReadOnlyList<string>)[.. claim.Values], StringComparer.Ordinal),
    };
}

/// <summary>What the identity provider says.</summary>
/// <param name="Identity">The identity to decide on; as it was known before where the provider refused.</param>
/// <param name="Refusal">Why the provider no longer vouches for the user; null when it does.</param>
public sealed record CurrentIdentity(Identity Identity, string? Refusal)
{
    /// <summary>Whether the claims say the same as before, so that they need not be recorded again.</summary>
    public bool IsSameAs(Identity before)
    {
        ArgumentNullException.ThrowIfNull(before);
        return Identity.Email == before.Email
            && SameEvaluations(Identity.Evaluations, before.Evaluations)
            && Identity.Claims.Count == before.Claims.Count
            && Identity.Claims.All(claim => before.Claims.TryGetValue(claim.Key, out var values) && values.SequenceEqual(claim.Value, StringComparer.Ordinal));
    }

    private static bool SameEvaluations(IReadOnlyDictionary<string, bool>? left, IReadOnlyDictionary<string, bool>? right)
        => (left?.Count ?? 0) == (right?.Count ?? 0) && (left is null || left.All(said => right!.TryGetValue(said.Key, out var other) && other == said.Value));
}
