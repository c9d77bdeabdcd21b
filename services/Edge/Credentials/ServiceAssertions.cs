using System.Collections.Concurrent;
using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>The assertions that stand for service tokens: asked of Token once, used until most of their life is over.</summary>
internal sealed partial class ServiceAssertions(EdgeSessions.EdgeSessionsClient sessions, TimeProvider clock, ILogger<ServiceAssertions> logger)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(3);
    private const int Maximum = 10_000;
    private readonly ConcurrentDictionary<(Guid Application, Guid Token), Minted> _minted = new();
    private readonly ConcurrentDictionary<(Guid Application, Guid Token), Lazy<Task<Minted?>>> _asking = new();

    /// <summary>Null when there is none and Token does not answer.</summary>
    public async ValueTask<Minted?> GetAsync(ServiceToken token, ProtectedApplication application, CancellationToken cancellationToken)
    {
        var key = (application.Id, token.Id);
        var known = _minted.GetValueOrDefault(key);
        var now = clock.GetUtcNow();
        if (known is not null && now < known.RenewAt)
        {
            return known;
        }

        // One question at a time, however many requests wait for the answer.
        var asking = _asking.GetOrAdd(key, key => new Lazy<Task<Minted?>>(() => AskAsync(key, token.ClientId)));
        var minted = await asking.Value.WaitAsync(cancellationToken);
        return minted ?? (known is not null && now < known.ExpiresAt ? known : null);
    }

    private async Task<Minted?> AskAsync((Guid Application, Guid Token) key, string clientId)
    {
        try
        {
            var reply = await sessions.MintServiceAssertionAsync(
                new MintServiceAssertionRequest { ApplicationId = key.Application.ToString("D"), ServiceTokenId = key.Token.ToString("D"), ClientId = clientId },
                deadline: clock.GetUtcNow().UtcDateTime + s_deadline);
            var (now, end) = (clock.GetUtcNow(), reply.ExpiresAt.ToDateTimeOffset());
            var minted = new Minted(reply.Assertion, end, now + ((end - now) * 0.8));
            if (_minted.Count >= Maximum)
            {
                // Far more pairs than anybody configures: begin anew rather than grow.
                _minted.Clear();
            }

            _minted[key] = minted;
            return minted;
        }
        catch (RpcException failure)
        {
            Log.Failed(logger, failure.StatusCode, key.Application);
            return null;
        }
        finally
        {
            _asking.TryRemove(key, out _);
        }
    }

    /// <summary>An assertion, its end, and when to ask for the next.</summary>
    internal sealed record Minted(string Assertion, DateTimeOffset ExpiresAt, DateTimeOffset RenewAt);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "No assertion for a service token at application {Application}: {Status}", EventName = "ServiceAssertionFailed")]
        public static partial void Failed(ILogger logger, StatusCode status, Guid application);
    }
}
