using System.Text.Json;
using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Config.DryRuns;

/// <summary>What a change means for those who have access now.</summary>
/// <param name="Live">The live grants and sessions of the applications that it touches.</param>
/// <param name="Ending">How many of them it ends.</param>
/// <param name="Users">How many users those are of.</param>
public sealed record Forecast(long Live, long Ending, long Users);

/// <summary>Asks Token for the live grants of some applications, and decides each on the configuration before and after a change.</summary>
public sealed class LiveGrants(GrantQueries.GrantQueriesClient token, TimeProvider clock)
{
    // More of them are not looked through while somebody waits.
    private const int MostApplications = 20;
    private const int MostGrants = 20_000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(8);

    /// <summary>How many there are; null when it is not known at the moment or would cost too much.</summary>
    public async Task<long?> CountAsync(IReadOnlyList<Guid> applications, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(applications);
        if (applications.Count > MostApplications)
        {
            return null;
        }

        try
        {
            var counts = await Task.WhenAll(applications.Select(async id =>
                (await token.ListAsync(new ListGrantsRequest { ApplicationId = id.ToString(), Status = "active", Limit = 1 }, deadline: Deadline(), cancellationToken: ct)).TotalCount));
            return counts.Sum();
        }
        catch (RpcException)
        {
            return null;
        }
    }

    /// <summary>What would end that does not end already; null when it is not known at the moment or would cost too much.</summary>
    public async Task<Forecast?> ForeseeAsync(IReadOnlyList<Guid> applications, ConfigurationSnapshot before, ConfigurationSnapshot after, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(applications);
        if (applications.Count is 0 or > MostApplications)
        {
            return applications.Count == 0 ? new Forecast(0, 0, 0) : null;
        }

        try
        {
            return await ReadAsync(applications, before, after, ct);
        }
        catch (RpcException) when (!ct.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<Forecast?> ReadAsync(IReadOnlyList<Guid> applications, ConfigurationSnapshot before, ConfigurationSnapshot after, CancellationToken ct)
    {
        var request = new LiveGrantsRequest { ApplicationIds = { applications.Select(id => id.ToString()) } };
        using var call = token.Live(request, deadline: Deadline(), cancellationToken: ct);
        var (live, ending) = (0L, 0L);
        var users = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var grant in call.ResponseStream.ReadAllAsync(ct))
        {
            if (++live > MostGrants)
            {
                return null;
            }

            var identity = JsonSerializer.Deserialize(grant.Identity.Span, ConfigurationJson.Default.Identity)!;
            var application = Guid.Parse(grant.ApplicationId);
            if (Survives(before, application, grant.Oauth, identity) && !Survives(after, application, grant.Oauth, identity))
            {
                ending++;
                users.Add(identity.Email);
            }
        }

        return new Forecast(live, ending, users.Count);
    }

    private static bool Survives(ConfigurationSnapshot snapshot, Guid application, bool isOAuth, ManagedOAuth.Contracts.Policies.Identity identity)
        => GrantSurvival.Of(snapshot, application, isOAuth, identity).Fate == GrantFate.LivesOn;

    private DateTime Deadline() => clock.GetUtcNow().UtcDateTime + s_patience;
}
