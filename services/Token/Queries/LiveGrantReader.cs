using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Grants;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Token.Grants;
using Marten;

namespace ManagedOAuth.Token.Queries;

/// <summary>Reads the live grants of some applications, as far as they decide whether a grant survives another configuration.</summary>
public sealed class LiveGrantReader(IDocumentStore store)
{
    private const int MostApplications = 100;
    private const int Page = 500;

    /// <summary>Writes all of them; whoever asks stops when it has seen enough.</summary>
    public async Task WriteAsync(LiveGrantsRequest request, IServerStreamWriter<LiveGrant> answer, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(answer);
        if (request.ApplicationIds.Count > MostApplications)
        {
            throw Identities.Invalid($"application_ids are at most {MostApplications}");
        }

        var applications = request.ApplicationIds.Select(id => Identities.Id(id, "application_ids").ToString()).ToArray();
        var after = Guid.Empty;
        IReadOnlyList<Grant> page;
        do
        {
            page = await NextAsync(applications, after, cancellation);
            foreach (var grant in page)
            {
                await answer.WriteAsync(Show(grant), cancellation);
                after = grant.Id;
            }
        }
        while (page.Count == Page);
    }

    private static LiveGrant Show(Grant grant) => new()
    {
        ApplicationId = grant.Subject.ApplicationId.ToString(),
        Oauth = grant.Kind == GrantKind.Oauth,
        Identity = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(grant.Identity, ConfigurationJson.Default.Identity)),
    };

    private async Task<IReadOnlyList<Grant>> NextAsync(string[] applications, Guid after, CancellationToken cancellation)
    {
        await using var session = store.QuerySession();
        return await session.QueryAsync<Grant>(
            "where (data -> 'subject' ->> 'applicationId') = any(?) and ((data ->> 'isLive')::boolean) and d.id > ? order by d.id limit ?", cancellation, applications, after, Page);
    }
}
