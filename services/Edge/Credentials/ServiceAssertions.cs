using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Edge.Hosting;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>The assertions that stand for service tokens: asked of Token once, used until most of their life is over.</summary>
internal sealed partial class ServiceAssertions(EdgeSessions.EdgeSessionsClient sessions, TimeProvider clock, IOptions<EdgeOptions> options, ILogger<ServiceAssertions> logger)
{
    private readonly MintedAssertions<(Guid Application, Guid Token)> _minted = new(clock);

    /// <summary>Null when there is none and Token does not answer.</summary>
    public ValueTask<Minted?> GetAsync(ServiceToken token, Guid application, CancellationToken cancellationToken)
        => _minted.GetAsync((application, token.Id), () => AskAsync(application, token), cancellationToken);

    private async Task<Minted?> AskAsync(Guid application, ServiceToken token)
    {
        try
        {
            var reply = await sessions.MintServiceAssertionAsync(
                new MintServiceAssertionRequest { ApplicationId = application.ToString("D"), ServiceTokenId = token.Id.ToString("D"), ClientId = token.ClientId },
                deadline: clock.GetUtcNow().UtcDateTime + options.Value.MintDeadline);
            return _minted.Of(reply.Assertion, reply.ExpiresAt.ToDateTimeOffset());
        }
        catch (RpcException failure)
        {
            Log.Failed(logger, failure.StatusCode, application);
            return null;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "No assertion for a service token at application {Application}: {Status}", EventName = "ServiceAssertionFailed")]
        public static partial void Failed(ILogger logger, StatusCode status, Guid application);
    }
}
