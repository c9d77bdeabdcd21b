using System.Text.Json;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.AuthorizationServer.MyAccess;

/// <summary>A live grant as its user sees it.</summary>
/// <param name="Id">The grant.</param>
/// <param name="Client">The client's own name; empty for a browser session.</param>
/// <param name="ApplicationId">Where it gives access.</param>
/// <param name="IssuedAt">When it was given.</param>
/// <param name="RefreshedAt">When its tokens were renewed last; null = never.</param>
/// <param name="ExpiresAt">When it is over.</param>
public sealed record OwnGrant(Guid Id, string Client, Guid ApplicationId, DateTimeOffset IssuedAt, DateTimeOffset? RefreshedAt, DateTimeOffset ExpiresAt);

/// <summary>The live grants of one user, which Token owns. Only what is among them can be ended here.</summary>
public sealed class OwnGrants(GrantQueries.GrantQueriesClient token, TimeProvider clock)
{
    private const int MostShown = 1000;
    private const int MostBatches = 100;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    public async Task<IReadOnlyList<OwnGrant>> ListAsync(Guid userId, CancellationToken cancellation)
    {
        var reply = await token.ListAsync(
            new ListGrantsRequest { UserId = userId.ToString("D"), Status = "active", Limit = MostShown }, deadline: Deadline(), cancellationToken: cancellation);
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

    /// <summary>Ends all grants of the user; returns how many.</summary>
    public async Task<int> EndAllAsync(Guid userId, string email, CancellationToken cancellation)
    {
        var own = await ListAsync(userId, cancellation);
        foreach (var grant in own)
        {
            await RevokeAsync(email, grant.Id, cancellation);
        }

        return own.Count;
    }

    /// <summary>Ends everything that the user opened at one application; a code that was made before opens nothing any more.</summary>
    public async Task EndAtAsync(string email, Guid applicationId, CancellationToken cancellation)
    {
        var request = new EndAllRequest { ApplicationId = applicationId.ToString("D"), Email = email, Actor = $"user:{email}", Reason = "signed out by its user" };
        for (var batch = 0; batch < MostBatches && (await token.EndAllAsync(request, deadline: Deadline(), cancellationToken: cancellation)).More; batch++)
        {
            request.GoesOn = true;
        }
    }

    private async Task RevokeAsync(string email, Guid grantId, CancellationToken cancellation)
        => await token.RevokeAsync(
            new RevokeGrantRequest { GrantId = grantId.ToString("D"), Actor = $"user:{email}", Reason = "ended by its user", ByUser = true },
            deadline: Deadline(),
            cancellationToken: cancellation);

    private DateTime Deadline() => clock.GetUtcNow().UtcDateTime + s_deadline;

    private static OwnGrant Read(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var grant = document.RootElement;
        return new OwnGrant(
            grant.GetProperty("id").GetGuid(),
            grant.GetProperty("kind").GetString() == "browser" ? "" : grant.GetProperty("client_name").GetString() is { Length: > 0 } name ? name : "A client without a name",
            grant.GetProperty("application_id").GetGuid(),
            grant.GetProperty("issued_at").GetDateTimeOffset(),
            grant.TryGetProperty("refreshed_at", out var refreshed) ? refreshed.GetDateTimeOffset() : null,
            grant.GetProperty("expires_at").GetDateTimeOffset());
    }
}
