using System.Net;
using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Edge.Hosting;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>
/// Assertions for one application, made out of those of another one that speaks for the user: asked of Token once, used until most of their life is over.
/// They name the user to an origin and open nothing.
/// </summary>
internal sealed partial class LinkedAssertions(EdgeSessions.EdgeSessionsClient sessions, TimeProvider clock, IOptions<EdgeOptions> options, ILogger<LinkedAssertions> logger)
{
    private readonly MintedAssertions<(Guid Application, string Assertion)> _minted = new(clock);

    /// <summary>Null when there is none and Token does not make one.</summary>
    /// <param name="application">The application that the assertion is for.</param>
    /// <param name="assertion">What the application that speaks for the user received.</param>
    /// <param name="client">Who asks, for the record.</param>
    /// <param name="flowId">Trace id, for the record.</param>
    /// <param name="cancellationToken">Stops waiting; the question goes on for the others.</param>
    public ValueTask<Minted?> GetAsync(Guid application, string assertion, IPAddress? client, string flowId, CancellationToken cancellationToken)
        => _minted.GetAsync((application, assertion), () => AskAsync(application, assertion, client, flowId), cancellationToken);

    private async Task<Minted?> AskAsync(Guid application, string assertion, IPAddress? client, string flowId)
    {
        try
        {
            var reply = await sessions.MintLinkedAssertionAsync(
                new MintLinkedAssertionRequest { ApplicationId = application.ToString("D"), Assertion = assertion, ClientAddress = client?.ToString() ?? "", FlowId = flowId },
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
        [LoggerMessage(1, LogLevel.Warning, "No assertion out of another application's at application {Application}: {Status}", EventName = "LinkedAssertionFailed")]
        public static partial void Failed(ILogger logger, StatusCode status, Guid application);
    }
}
