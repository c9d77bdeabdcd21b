using System.Collections.Concurrent;
using System.Diagnostics;
using ManagedOAuth.Edge.Telemetry;
using ManagedOAuth.Edge.Tests.Harness;
using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>Planted canaries must not come out anywhere but where they belong.</summary>
[Collection(WorldCollection.Name)]
public class SecretsTests(World world)
{
    [Fact]
    public async Task LogsAndSpans_AtTheirMostTalkative_HoldNoQueryTokenOrCookie()
    {
        var written = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity => written.Enqueue(activity.DisplayName + string.Join(' ', activity.Source.Name == EdgeMetrics.Name ? activity.TagObjects : [])),
        };
        ActivitySource.AddActivityListener(listener);
        await using var edge = await EdgeProcess.StartAsync(world.PeerAddresses(), logging: logging => logging.AddProvider(new Capture(written)).SetMinimumLevel(LogLevel.Debug).AddFilter("ManagedOAuth", LogLevel.Trace));
        var (token, cookie) = (world.Tokens.AccessToken(world.A), world.Tokens.Assertion(world.A, Guid.NewGuid()));

        foreach (var (target, header) in new[]
        {
            ("/x?code=canary-query", World.Bearer(token)),
            ("/x?code=canary-query", $"Cookie: CF_Authorization={cookie}"),
            ("/reset?code=canary-query", World.Bearer(token)),
            ("/x?code=canary-query", "Authorization: Bearer mo_at_canarytoken"),
            ("/x?code=canary-query", "Cf-Access-Token: eyJcanary.e30.x"),
            ("/x?code=canary-query", "CF-Access-Client-Id: canary\r\nCF-Access-Client-Secret: mo_st_canarysecret"),
            ("/cdn-cgi/access/authorized?code=canary-query&state=canary-state", "X-None: 1"),
            ("/cdn-cgi/access/oauth/token?code=canary-query", "Authorization: Basic canary-basic"),
            ("/bad#canary-query", "X-None: 1"),
        })
        {
            await RawConnection.ExchangeAsync(edge.Port, World.Head("GET", "a.test", target, header));
        }

        Assert.DoesNotContain(written, line => line.Contains("canary", StringComparison.Ordinal) || line.Contains(token, StringComparison.Ordinal) || line.Contains(cookie, StringComparison.Ordinal));
    }

    private sealed class Capture(ConcurrentQueue<string> written) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => written.Enqueue(formatter(state, exception) + exception);

        public void Dispose()
        {
        }
    }
}
