using Grpc.Core;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Config.DryRuns;

/// <summary>Asks Token how many live grants some applications have.</summary>
public sealed class LiveGrants(GrantQueries.GrantQueriesClient token)
{
    // Each application is one question; more of them are not cheap.
    private const int MostApplications = 20;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    /// <summary>The number; null when it is not known at the moment or would cost too much.</summary>
    public async Task<long?> CountAsync(IReadOnlyList<Guid> applications, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(applications);
        if (applications.Count > MostApplications)
        {
            return null;
        }

        try
        {
            var deadline = DateTime.UtcNow + s_patience;
            var counts = await Task.WhenAll(applications.Select(async id =>
                (await token.ListAsync(new ListGrantsRequest { ApplicationId = id.ToString(), Status = "active", Limit = 1 }, deadline: deadline, cancellationToken: ct)).TotalCount));
            return counts.Sum();
        }
        catch (RpcException)
        {
            return null;
        }
    }
}
