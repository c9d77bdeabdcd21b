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
public sealed class RotationTests(UpstreamHost host) : ConnectedUserTests(host)
{
    private readonly TaskCompletionSource _gate = new();

    [Fact]
    public async Task ConnectionToTheDatabase_ThatBreaksDuringTheSave_LosesNoToken()
    {
        var first = await Host.GetAsync(Alice);
        var asking = await BeginRefreshAsync(first.CredentialId);
        await using (var other = Host.Service.Services.GetRequiredService<IDocumentStore>().LightweightSession())
        {
            // The save waits for this row until its connection is cut.
            await other.BeginTransactionAsync();
            Assert.Single(await other.QueryAsync<UpstreamLogin>("where d.id = ? for update", default, UpstreamLogin.IdOf(UpstreamHost.IdOf("notes"), Alice.UserId)));
            _gate.SetResult();
            await using var cut = Host.Service.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%upstreamlogin%'");
            await Eventually.Async(async () => (long)(await cut.ExecuteScalarAsync())! > 0);
        }

        var second = await asking;
        Assert.Equal(State.Connected, second.State);
        Assert.NotEqual(first.CredentialId, second.CredentialId);

        // Its refresh token is the one that counts there.
        await Host.AgeAsync(Alice, TimeSpan.FromHours(2));
        Assert.Equal(State.Connected, (await Host.GetAsync(Alice)).State);
    }

    [Fact]
    public async Task Disconnect_DuringARefresh_RevokesWhatTheRefreshGave()
    {
        var asking = await BeginRefreshAsync((await Host.GetAsync(Alice)).CredentialId);
        await ForgetAsync();
        _gate.SetResult();
        Assert.Equal(State.LoginRequired, (await asking).State);
        Assert.Empty(await Host.LoginsOfAsync(Alice));
        Assert.All(Given(), token => Assert.Contains(token, Host.Notes.Revoked));
    }

    [Fact]
    public async Task NewLogin_DuringARefresh_IsGivenInstead_AndStays()
    {
        var first = await Host.GetAsync(Alice);
        var asking = await BeginRefreshAsync(first.CredentialId);
        var refreshed = Given();
        await ForgetAsync();
        Host.Notes.Delay = Task.CompletedTask;
        await Host.ConnectAsync(Browser);
        _gate.SetResult();
        Assert.Equal(await Host.GetAsync(Alice), await asking);
        Assert.All(refreshed, token => Assert.Contains(token, Host.Notes.Revoked));
        await Host.AgeAsync(Alice, TimeSpan.FromHours(2));
        Assert.Equal(State.Connected, (await Host.GetAsync(Alice)).State);
    }

    private HashSet<string> _before = [];

    // The server has made new tokens, and its answer is on the way.
    private async Task<Task<UpstreamCredentialReply>> BeginRefreshAsync(string refused)
    {
        _before = [.. Host.Notes.Secrets];
        Host.Notes.Delay = _gate.Task;
        var asking = Host.GetAsync(Alice, refused: refused);
        await Eventually.Async(() => Given().Count == 2);
        return asking;
    }

    private List<string> Given() => [.. Host.Notes.Secrets.Where(secret => !_before.Contains(secret))];

    private Task<ForgetReply> ForgetAsync() => Host.CallAsync("edge", (client, options) => client.ForgetAsync(
        new ForgetRequest { ServerId = UpstreamHost.IdOf("notes").ToString(), UserId = Alice.UserId.ToString() }, options));
}
