using System.Text.Json;
using Grpc.Core;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.AuthorizationServer.MyAccess;

/// <summary>A live grant as its user sees it.</summary>
/// <param name="Id">The grant.</param>
/// <param name="Client">The client's own name; empty for a browser session.</param>
/// <param name="ApplicationId">Where it gives access.</param>
/// <param name="IssuedAt">When it was given.</param>
/// <param name="LastUsedAt">When it was used last, to some minutes; null = never.</param>
/// <param name="ExpiresAt">When it is over.</param>
public sealed record OwnGrant(Guid Id, string Client, Guid ApplicationId, DateTimeOffset IssuedAt, DateTimeOffset? LastUsedAt, DateTimeOffset ExpiresAt);

/// <summary>The live grants of one user, which Token owns. Only what is among them can be ended here.</summary>
public sealed class OwnGrants(GrantQueries.GrantQueriesClient token, TimeProvider clock)
{
    private const int MostShown = 1000;

    // A batch is a hundred grants; what is not done in this time the next try does, which begins where this one stopped.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(25);

    public async Task<IReadOnlyList<OwnGrant>> ListAsync(Guid userId, CancellationToken cancellation)
    {
        var reply = await token.ListAsync(
            new ListGrantsRequest { UserId = userId.ToString("D"), Status = "active", Limit = MostShown }, cancellationToken: cancellation);
        return [.. reply.Grants.Select(json => Read(json.Memory))];
    }

    /// <summary>Ends one grant of the user; false when it is none of theirs or has ended already.</summary>
    public async Task<bool> EndAsync(Guid userId, string email, Guid grantId, CancellationToken cancellation)
    {
        if ((await ListAsync(userId, cancellation)).All(grant => grant.Id != grantId))
        {
            return false;
        }

        await RevokeAsync(email, grantId, cancellation);
        return true;
    }

    /// <summary>Ends all grants of the user, and codes that wait; returns how many grants.</summary>
    /// <exception cref="RpcException">There are more than can be ended now (<c>UNAVAILABLE</c>), or Token does not answer.</exception>
    public Task<int> EndAllAsync(string email, CancellationToken cancellation) => EndAsync(new EndAllRequest { Email = email }, email, cancellation);

    /// <summary>Ends everything that the user opened at one application; a code that was made before opens nothing any more.</summary>
    /// <exception cref="RpcException">As of <see cref="EndAllAsync"/>.</exception>
    public Task EndAtAsync(string email, Guid applicationId, CancellationToken cancellation)
        => EndAsync(new EndAllRequest { ApplicationId = applicationId.ToString("D"), Email = email }, email, cancellation);

    private async Task<int> EndAsync(EndAllRequest request, string email, CancellationToken cancellation)
    {
        (request.Actor, request.Reason, request.ByUser) = ($"user:{email}", "signed out by its user", true);
        var (began, ended) = (clock.GetUtcNow(), 0);
        while (true)
        {
            var reply = await token.EndAllAsync(request, cancellationToken: cancellation);
            ended += reply.Ended;
            if (!reply.More)
            {
                return ended;
            }

            if (clock.GetUtcNow() - began > s_patience)
            {
                throw new RpcException(new Status(StatusCode.Unavailable, "there are more grants than can be ended at once"));
            }

            request.GoesOn = true;
        }
    }

    private async Task RevokeAsync(string email, Guid grantId, CancellationToken cancellation)
        => await token.RevokeAsync(
            new RevokeGrantRequest { GrantId = grantId.ToString("D"), Actor = $"user:{email}", Reason = "ended by its user", ByUser = true },
            cancellationToken: cancellation);

    private static OwnGrant Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var grant = document.RootElement;
        return new OwnGrant(
            grant.GetProperty("id").GetGuid(),
            grant.GetProperty("kind").GetString() == "browser" ? "" : grant.GetProperty("client_name").GetString() is { Length: > 0 } name ? name : "A client without a name",
            grant.GetProperty("application_id").GetGuid(),
            grant.GetProperty("issued_at").GetDateTimeOffset(),
            grant.TryGetProperty("last_used_at", out var used) ? used.GetDateTimeOffset() : null,
            grant.GetProperty("expires_at").GetDateTimeOffset());
    }
}
