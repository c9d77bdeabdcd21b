using System.Text.Json;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Token.Tests.Support;

/// <summary>The audit trail as Config asks for it.</summary>
public static class Audit
{
    public static async Task<JsonElement[]> EventsAsync(TokenCluster cluster, Guid grantId)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        var reply = await new GrantQueries.GrantQueriesClient(cluster.Replicas[0].Channel)
            .EventsAsync(new GrantEventsRequest { GrantId = grantId.ToString() }, cluster.Headers("config"));
        return [.. reply.Events.Select(bytes => JsonDocument.Parse(bytes.Memory).RootElement.Clone())];
    }

    public static async Task<string[]> TypesAsync(TokenCluster cluster, Guid grantId)
        => [.. (await EventsAsync(cluster, grantId)).Select(entry => entry.GetProperty("type").GetString()!)];
}
