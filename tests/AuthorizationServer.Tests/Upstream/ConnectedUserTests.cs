using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>Tests of one user, alice, who has connected an account at the MCP server.</summary>
[Collection(UpstreamTests.Name)]
public abstract class ConnectedUserTests(UpstreamHost host) : IAsyncLifetime, IDisposable
{
    private Browser? _browser;

    protected UpstreamHost Host => host;

    protected Identity Alice { get; } = UpstreamHost.User();

    /// <summary>Hers.</summary>
    private protected Browser Browser => _browser!;

    public async Task InitializeAsync()
    {
        await host.ResetAsync();
        _browser = host.Browser(Alice);
        await host.ConnectAsync(_browser);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _browser?.Dispose();
        GC.SuppressFinalize(this);
    }
}
