using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>A refresh token that can be used once: what an answer holds is kept, or revoked when nobody has a use for it any more.</summary>
[Collection(UpstreamTests.Name)]
public sealed class RotationTests(UpstreamHost host) : IAsyncLifetime, IDisposable
{
    private readonly Identity _alice = UpstreamHost.User();
    private readonly TaskCompletionSource _gate = new();
    private Browser? _browser;

    public async Task InitializeAsync()
    {
        await host.ResetAsync();
        _browser = host.Browser(_alice);
        await host.ConnectAsync(_browser);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _browser?.Dispose();

    [Fact]
    public async Task ConnectionToTheDatabase_ThatBreaksDuringTheSave_LosesNoToken()
    {
        var first = await host.GetAsync(_alice);
        var asking = await BeginRefreshAsync(first.CredentialId);
        await using (var other = host.Service.Services.GetRequiredService<IDocumentStore>().LightweightSession())
        {
            // The save waits for this row until its connection is cut.
            await other.BeginTransactionAsync();
            Assert.Single(await other.QueryAsync<UpstreamLogin>("where d.id = ? for update", default, UpstreamLogin.IdOf(UpstreamHost.IdOf("notes"), _alice.UserId)));
            _gate.SetResult();
            await using var cut = host.Service.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%upstreamlogin%'");
            await Eventually.Async(async () => (long)(await cut.ExecuteScalarAsync())! > 0);
        }

        var second = await asking;
        Assert.Equal(State.Connected, second.State);
        Assert.NotEqual(first.CredentialId, second.CredentialId);

        // Its refresh token is the one that counts there.
        await host.AgeAsync(_alice, TimeSpan.FromHours(2));
        Assert.Equal(State.Connected, (await host.GetAsync(_alice)).State);
    }

    [Fact]
    public async Task Disconnect_DuringARefresh_RevokesWhatTheRefreshGave()
    {
        var asking = await BeginRefreshAsync((await host.GetAsync(_alice)).CredentialId);
        await ForgetAsync();
        _gate.SetResult();
        Assert.Equal(State.LoginRequired, (await asking).State);
        Assert.Empty(await host.LoginsOfAsync(_alice));
        Assert.All(Given(), token => Assert.Contains(token, host.Notes.Revoked));
    }

    [Fact]
    public async Task NewLogin_DuringARefresh_IsGivenInstead_AndStays()
    {
        var first = await host.GetAsync(_alice);
        var asking = await BeginRefreshAsync(first.CredentialId);
        var refreshed = Given();
        await ForgetAsync();
        host.Notes.Delay = Task.CompletedTask;
        await host.ConnectAsync(_browser!);
        _gate.SetResult();
        Assert.Equal(await host.GetAsync(_alice), await asking);
        Assert.All(refreshed, token => Assert.Contains(token, host.Notes.Revoked));
        await host.AgeAsync(_alice, TimeSpan.FromHours(2));
        Assert.Equal(State.Connected, (await host.GetAsync(_alice)).State);
    }

    private HashSet<string> _before = [];

    // The server has made new tokens, and its answer is on the way.
    private async Task<Task<UpstreamCredentialReply>> BeginRefreshAsync(string refused)
    {
        _before = [.. host.Notes.Secrets];
        host.Notes.Delay = _gate.Task;
        var asking = host.GetAsync(_alice, refused: refused);
        await Eventually.Async(() => Given().Count == 2);
        return asking;
    }

    private List<string> Given() => [.. host.Notes.Secrets.Where(secret => !_before.Contains(secret))];

    private Task<ForgetReply> ForgetAsync() => host.CallAsync("edge", (client, options) => client.ForgetAsync(
        new ForgetRequest { ServerId = UpstreamHost.IdOf("notes").ToString(), UserId = _alice.UserId.ToString() }, options));
}
