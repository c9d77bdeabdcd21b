using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.ServiceDefaults.Startup;
using Marten;
using Marten.Exceptions;

namespace ManagedOAuth.Config.ApiTokens;

/// <summary>
/// The first API token reaches the service by a file (<c>Config:BootstrapTokenFile</c>), never by environment or command line. Its stream id is
/// made from its hash, so that replicas and restarts find it already there; once removed, it stays removed.
/// </summary>
public sealed class BootstrapToken(IConfiguration configuration, IDocumentStore store, TimeProvider clock) : IStartupStep
{
    private const int ShortestToken = 40;
    private const int FewestCharacters = 8;

    public string Name => "register the bootstrap API token";

    public async Task RunAsync(CancellationToken cancellation)
    {
        if (configuration["Config:BootstrapTokenFile"] is not { Length: > 0 } path)
        {
            return;
        }

        if (!File.Exists(path))
        {
            throw new StartupRefusedException($"Config:BootstrapTokenFile names {path}, which does not exist. Put the first API token there, or remove the setting.");
        }

        var token = (await File.ReadAllTextAsync(path, cancellation)).Trim();
        if (token.Length < ShortestToken || !token.StartsWith(SecretPrefixes.ApiToken, StringComparison.Ordinal))
        {
            throw new StartupRefusedException($"The file {path} holds no API token: it starts with {SecretPrefixes.ApiToken} and has at least {ShortestToken} characters.");
        }

        // Whoever filled it up by hand: mo_api_xxxx...
        if (token[SecretPrefixes.ApiToken.Length..].Distinct().Count() < FewestCharacters)
        {
            throw new StartupRefusedException($"The API token in the file {path} can be guessed: make a random one, such as {SecretPrefixes.ApiToken} followed by what `openssl rand -hex 32` gives.");
        }

        var hash = ServiceTokenSecret.Hash(token);
        var id = new Guid(Convert.FromHexString(hash).AsSpan(0, 16), bigEndian: true);
        await using var session = store.LightweightSession();
        session.LastModifiedBy = "bootstrap";
        session.QueueSqlCommand("select pg_advisory_xact_lock(?)", ConfigurationWriter.WriteLock);
        if (await session.LoadAsync<ApiTokenObject>(id, cancellation) is not null)
        {
            return;
        }

        try
        {
            session.Events.StartStream<ApiTokenObject>(id, new ApiTokenCreated(new ApiToken
            {
                Id = id,
                Name = "bootstrap",
                Hash = hash,
                Permissions = [ApiPermission.Read, ApiPermission.Write],
                Version = 1,
                CreatedAt = clock.GetUtcNow(),
            }));
            await session.SaveChangesAsync(cancellation);
        }
        catch (ExistingStreamIdCollisionException)
        {
            // Another replica registered it in the same moment.
        }
    }
}
