using System.Collections.Concurrent;
using ManagedOAuth.AuthorizationServer.Hosting;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Upstream;
using ManagedOAuth.ServiceDefaults.Snapshots;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>What portals show servers: kept sealed, refreshed once, never another user's, given up when it is worth nothing.</summary>
[Collection(UpstreamTests.Name)]
public sealed class VaultTests(UpstreamHost host) : IAsyncLifetime, IDisposable
{
    private readonly Identity _alice = UpstreamHost.User();
    private Browser? _browser;

    public async Task InitializeAsync()
    {
        await host.ResetAsync();
        _browser = host.Browser(_alice);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _browser?.Dispose();

    [Fact]
    public async Task EndedToken_IsRefreshedOnce_HoweverManyAsk_AtAnyReplica()
    {
        await ConnectAsync(life: 1);
        host.Notes.Life = 3600;
        var gate = new TaskCompletionSource();
        host.Notes.Delay = gate.Task;
        var before = host.Notes.Refreshes;

        // Two of these over the same stores are what two replicas are to each other.
        var replicas = new[] { Replica(), Replica() };
        var server = host.Service.Services.GetRequiredService<IConfigurationSnapshots>().Current.McpServers[UpstreamHost.IdOf("notes")];
        var asking = Enumerable.Range(0, 40).Select(i => replicas[i % 2].GetAsync(server, _alice.UserId, "", default)).ToArray();
        gate.SetResult();
        var answers = await Task.WhenAll(asking);
        Assert.Single(answers.Select(login => login!.CredentialId).Distinct());
        Assert.Equal(1, host.Notes.Refreshes - before);

        // What was rotated is what the next refresh uses.
        await host.AgeAsync(_alice, TimeSpan.FromHours(2));
        Assert.Equal(State.Connected, (await host.GetAsync(_alice)).State);
        Assert.Equal(2, host.Notes.Refreshes - before);

        UpstreamVault Replica() => ActivatorUtilities.CreateInstance<UpstreamVault>(host.Service.Services, ActivatorUtilities.CreateInstance<UpstreamRefresher>(host.Service.Services));
    }

    [Fact]
    public async Task TokenThatEndsSoon_IsGivenAtOnce_AndRefreshedMeanwhile()
    {
        // A tenth of 600 s is the time ahead; the connected token is made to have less than that left.
        await ConnectAsync(life: 600);
        var first = await host.GetAsync(_alice);
        await host.AgeAsync(_alice, TimeSpan.FromSeconds(560));
        var gate = new TaskCompletionSource();
        host.Notes.Delay = gate.Task;
        Assert.Equal(first.CredentialId, (await host.GetAsync(_alice)).CredentialId);
        gate.SetResult();
        await Eventually.Async(async () => (await host.GetAsync(_alice)).CredentialId != first.CredentialId);
    }

    [Fact]
    public async Task Login_IsTheSameAfterARefresh_AndAnotherOneWhenTheUserLogsInAnew()
    {
        await ConnectAsync();
        var first = await host.GetAsync(_alice);
        var refreshed = await host.GetAsync(_alice, refused: first.CredentialId);
        Assert.NotEmpty(first.LoginId);
        Assert.Equal((true, first.LoginId), (refreshed.CredentialId != first.CredentialId, refreshed.LoginId));
        await host.ConnectAsync(_browser!);
        Assert.NotEqual(first.LoginId, (await host.GetAsync(_alice)).LoginId);
    }

    [Fact]
    public async Task RefusedToken_IsReplaced_AndWhoComesLaterWithTheOldOneGetsTheSame()
    {
        await ConnectAsync();
        var first = await host.GetAsync(_alice);
        var second = await host.GetAsync(_alice, refused: first.CredentialId);
        Assert.Equal(State.Connected, second.State);
        Assert.NotEqual(first.CredentialId, second.CredentialId);
        Assert.Equal(second, await host.GetAsync(_alice, refused: first.CredentialId));

        // A token that was made a moment ago is refused too. No circle, and no end of the login either: one tool may want more than was granted.
        var asked = host.Notes.TokenRequests;
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(second, await host.GetAsync(_alice, refused: second.CredentialId));
        }

        Assert.Equal(asked, host.Notes.TokenRequests);
        Assert.Equal(["upstream_connected"], await host.EventsOfAsync(_alice));

        // A minute later it is worth another try; then its authorization server says whether it is over.
        await host.AgeAsync(_alice, TimeSpan.FromSeconds(61));
        var third = await host.GetAsync(_alice, refused: second.CredentialId);
        Assert.Equal((State.Connected, asked + 1), (third.State, host.Notes.TokenRequests));
        Assert.NotEqual(second.CredentialId, third.CredentialId);
        host.Notes.TokenError = "invalid_grant";
        await host.AgeAsync(_alice, TimeSpan.FromSeconds(61));
        Assert.Equal(State.Stale, (await host.GetAsync(_alice, refused: third.CredentialId)).State);
        host.Notes.TokenError = null;
        await host.ConnectAsync(_browser!);
        Assert.Equal(State.Connected, (await host.GetAsync(_alice)).State);
    }

    [Theory]
    [InlineData("invalid_grant")]
    [InlineData("invalid_client")]
    public async Task LoginThatIsNoLongerHonoured_IsStale_WithTheReason_AndNotAskedAgain(string error)
    {
        await ConnectAsync(life: 1);
        host.Notes.TokenError = error;
        Assert.Equal(State.Stale, (await host.GetAsync(_alice)).State);
        var asked = host.Notes.TokenRequests;
        Assert.Equal(State.Stale, (await host.GetAsync(_alice)).State);
        Assert.Equal(asked, host.Notes.TokenRequests);
        var status = await host.CallAsync("edge", (client, options) => client.StatusAsync(
            new UpstreamStatusRequest { UserId = _alice.UserId.ToString(), ServerIds = { UpstreamHost.IdOf("notes").ToString() } }, options));
        Assert.Equal(State.Stale, status.Statuses[0].State);
        Assert.Contains(error, status.Statuses[0].Explanation);
        Assert.Contains(error, (await _browser!.GetAsync(UpstreamHost.Portal + "/authorize")).Body);
        Assert.Null((await host.LoginsOfAsync(_alice)).Single().Tokens);
        var told = (await host.ToldAsync(_alice)).Select(message => (message.ServerId, message.IsStale)).ToList();
        Assert.Equal([(UpstreamHost.IdOf("notes"), false), (UpstreamHost.IdOf("notes"), true)], told);
        Assert.Contains(error, (await host.ToldAsync(_alice))[1].Reason, StringComparison.Ordinal);

        host.Notes.TokenError = null;
        host.Notes.Life = 3600;
        await host.ConnectAsync(_browser);
        Assert.False((await host.ToldAsync(_alice))[2].IsStale);
        Assert.Equal(State.Connected, (await host.GetAsync(_alice)).State);
        Assert.Equal(["upstream_connected", "upstream_refresh_failed", "upstream_connected"], await host.EventsOfAsync(_alice));
    }

    // Whatever wins, the row, its events and what Config is told say the same.
    [Fact]
    public async Task LoginThatIsMadeAnewWhileItDies_IsOneOfTheTwo_ForEverybody()
    {
        await ConnectAsync();
        var logins = host.Service.Services.GetRequiredService<UpstreamLogins>();
        var reader = host.Service.Services.GetRequiredService<UpstreamLoginReader>();
        var server = host.Service.Services.GetRequiredService<IConfigurationSnapshots>().Current.McpServers[UpstreamHost.IdOf("notes")];
        var first = (await reader.FindAsync(server.Id, _alice.UserId, default))!;
        var tokens = new UpstreamTokenSet("upstream-access-again", "upstream-refresh-again", TimeSpan.FromHours(1), "");
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async number =>
        {
            if (number % 3 == 0)
            {
                await logins.ConnectedAsync(first, server, tokens, "alice", $"{number}");
            }
            else if (await reader.FindAsync(server.Id, _alice.UserId, default) is { } login)
            {
                await logins.StaleAsync(login, "invalid_grant");
            }
        }));
        var (last, told, events) = ((await reader.FindAsync(server.Id, _alice.UserId, default))!, await host.ToldAsync(_alice), await host.EventsOfAsync(_alice));
        Assert.Equal(events.Select(name => name == "upstream_refresh_failed"), told.Select(message => message.IsStale));
        Assert.Equal((last.Stale is not null, 5), (told[^1].IsStale, told.Count(message => !message.IsStale)));
        Assert.Equal(told.Select(message => message.At).Order(), told.Select(message => message.At));
    }

    [Fact]
    public async Task AuthorizationServerAway_LosesNothing()
    {
        await ConnectAsync();
        var token = await host.GetAsync(_alice);
        host.Notes.Down = 503;
        Assert.Equal(token.CredentialId, (await host.GetAsync(_alice)).CredentialId);
        await host.AgeAsync(_alice, TimeSpan.FromHours(2));
        var away = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => host.GetAsync(_alice));
        Assert.Equal(Grpc.Core.StatusCode.Unavailable, away.StatusCode);
        host.Notes.Down = null;
        await Eventually.Async(async () =>
        {
            try
            {
                return (await host.GetAsync(_alice)) is { State: State.Connected } reply && reply.CredentialId != token.CredentialId;
            }
            catch (Grpc.Core.RpcException)
            {
                // It is left in peace for a moment after a failure.
                return false;
            }
        });
    }

    [Fact]
    public async Task LoginWithoutRefreshToken_LastsAsLongAsItsToken()
    {
        host.Notes.GivesRefreshTokens = false;
        host.Notes.Life = null;
        await host.ConnectAsync(_browser!);
        var reply = await host.GetAsync(_alice);
        Assert.Equal((State.Connected, 0), (reply.State, reply.ExpiresAt));
        Assert.Equal(State.Stale, (await host.GetAsync(_alice, refused: reply.CredentialId)).State);

        host.Notes.Life = 600;
        await host.ConnectAsync(_browser!);
        await host.AgeAsync(_alice, TimeSpan.FromSeconds(560));
        Assert.Equal(State.Connected, (await host.GetAsync(_alice)).State);
        Assert.Equal(State.Connected, (await host.GetAsync(_alice)).State);
        await host.AgeAsync(_alice, TimeSpan.FromSeconds(41));
        Assert.Equal(State.Stale, (await host.GetAsync(_alice)).State);
    }

    // Nobody can be asked whether it is over: a call of one user does not say so, a reading of the whole server does.
    [Fact]
    public async Task SharedLoginWithoutRefreshToken_IsOver_WhenTheServerRefusesToBeReadWithIt()
    {
        host.Notes.GivesRefreshTokens = false;
        await host.ConnectSharedAsync();
        var reply = await host.GetAsync(null);
        Assert.Equal(reply, await host.GetAsync(null, refused: reply.CredentialId));
        Assert.Equal(State.Stale, (await host.GetAsync(null, refused: reply.CredentialId, caller: "config")).State);
        Assert.True((await host.ToldAsync(null))[^1].IsStale);
        await host.ForgetSharedAsync();
    }

    [Fact]
    public async Task Disconnect_ForgetsHere_AndRevokesThere()
    {
        await ConnectAsync();
        var token = (await host.GetAsync(_alice)).Headers[0].Value["Bearer ".Length..];
        var answer = await _browser!.SubmitAsync(await _browser.GetAsync(UpstreamHost.Portal + "/authorize"), ("action", "disconnect"), ("server", "notes"));
        Assert.Equal((303, "/authorize"), (answer.Status, answer.Location));
        Assert.Equal(State.LoginRequired, (await host.GetAsync(_alice)).State);
        Assert.Contains(token, host.Notes.Revoked);
        Assert.Contains(host.Notes.Revoked, revoked => revoked.StartsWith("upstream-refresh-", StringComparison.Ordinal));
        Assert.Equal(["upstream_connected", "upstream_forgotten"], await host.EventsOfAsync(_alice));
    }

    [Fact]
    public async Task RevokedUser_LosesSessionsFirst_AndThenWhatTheyConnected()
    {
        await ConnectAsync();
        var token = (await host.GetAsync(_alice)).Headers[0].Value["Bearer ".Length..];
        var store = host.Service.Services.GetRequiredService<IDocumentStore>();
        var session = $"session-{Guid.NewGuid():N}";
        var sessionsAtRevocation = new ConcurrentQueue<TeamSession?>();
        host.Notes.Revoking = async () =>
        {
            await using var query = store.QuerySession();
            sessionsAtRevocation.Enqueue(await query.LoadAsync<TeamSession>(session));
        };
        await using (var unit = store.LightweightSession())
        {
            unit.Store(new Users.User { Id = _alice.UserId, Email = _alice.Email, CreatedAt = DateTimeOffset.UtcNow, LastLoginAt = DateTimeOffset.UtcNow });
            unit.Store(new TeamSession
            {
                Id = session,
                LoginId = Guid.NewGuid(),
                UserId = _alice.UserId,
                Email = _alice.Email,
                ProviderId = _alice.IdentityProviderId,
                ProviderType = _alice.IdentityProviderType,
                AuthenticatedAt = DateTimeOffset.UtcNow,
                ExpiresAt = DateTimeOffset.UtcNow.AddHours(1),
            });
            await unit.SaveChangesAsync();
        }

        using var channel = host.Service.Connect();
        await new Contracts.AuthorizationServer.UserQueries.UserQueriesClient(channel).EndSessionsAsync(
            new Contracts.AuthorizationServer.EndUserSessionsRequest { Email = _alice.Email.ToUpperInvariant(), Actor = "admin" },
            new Grpc.Core.Metadata { { "x-managedoauth-service", host.Service.CredentialOf("config") } });
        await Eventually.Async(() => host.Notes.Revoked.Contains(token));
        Assert.All(sessionsAtRevocation, Assert.Null);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(_alice)).State);
        Assert.Equal(["upstream_connected", "upstream_forgotten"], await host.EventsOfAsync(_alice));
    }

    [Fact]
    public async Task ServerThatMoved_NeedsANewLogin_AndOneThatWasRemovedIsForgotten()
    {
        await ConnectAsync();
        await host.ResetAsync(server => server.ServerId == "notes" ? server with { Hostname = "https://elsewhere.test/mcp" } : server);
        Assert.Equal(State.LoginRequired, (await host.GetAsync(_alice)).State);
        await host.ResetAsync();
        Assert.Equal(State.Connected, (await host.GetAsync(_alice)).State);

        await host.Service.ConfigureAsync(feed => feed.Remove(UpstreamHost.IdOf("notes")));
        var housekeeping = host.Service.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<Housekeeping>().Single();
        await housekeeping.RunAsync(default);

        // Another replica may know a server that this one does not know yet.
        Assert.NotEmpty(await host.LoginsOfAsync(_alice));
        await host.AgeAsync(_alice, TimeSpan.FromMinutes(11));
        Assert.Equal(0, await ActivatorUtilities.CreateInstance<UpstreamEndings>(host.Service.Services, new OldSnapshots()).ForgetRemovedServersAsync(10, default));
        await housekeeping.RunAsync(default);
        Assert.Empty(await host.LoginsOfAsync(_alice));
        await host.ResetAsync();
        Assert.Equal(State.LoginRequired, (await host.GetAsync(_alice)).State);
    }

    [Theory]
    [InlineData("notes")]
    [InlineData("wiki")]
    public async Task Credential_IsForTheAddressThatTheCallerSendsItTo(string server)
    {
        await ConnectAsync();
        var url = server == "notes" ? host.Notes.Endpoint : "https://wiki.test/mcp";
        Assert.Equal(State.Connected, (await AskAsync(url)).State);

        // A side that is behind while the server moves.
        var elsewhere = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => AskAsync("https://elsewhere.test/mcp"));
        Assert.Equal(Grpc.Core.StatusCode.Unavailable, elsewhere.StatusCode);

        Task<UpstreamCredentialReply> AskAsync(string to) => host.CallAsync("edge", (client, options) => client.GetAsync(
            new UpstreamCredentialRequest { ServerId = UpstreamHost.IdOf(server).ToString(), UserId = _alice.UserId.ToString(), ServerUrl = to }, options));
    }

    [Fact]
    public async Task FixedCredential_IsGivenAsItIs_UntilItIsRefused()
    {
        var reply = await host.GetAsync(_alice, "wiki");
        Assert.Equal((State.Connected, "X-Api-Key", "k1"), (reply.State, reply.Headers[0].Name, reply.Headers[0].Value));
        Assert.Equal(State.Stale, (await host.GetAsync(_alice, "wiki", refused: reply.CredentialId)).State);
        await host.ResetAsync(server => server.ServerId == "wiki" ? server with { Headers = new Dictionary<string, string> { ["X-Api-Key"] = "k2" } } : server);
        var next = await host.GetAsync(_alice, "wiki", refused: reply.CredentialId);
        Assert.Equal((State.Connected, "k2"), (next.State, next.Headers[0].Value));
        Assert.Equal(State.NotRequired, (await host.GetAsync(_alice, "open")).State);
        await host.ResetAsync(server => server.ServerId == "wiki" ? server with { Headers = null } : server);
        Assert.Equal(State.Stale, (await host.GetAsync(_alice, "wiki")).State);
        var status = await host.CallAsync("edge", (client, options) => client.StatusAsync(new UpstreamStatusRequest { ServerIds = { UpstreamHost.IdOf("wiki").ToString() } }, options));
        Assert.Equal(State.Stale, Assert.Single(status.Statuses).State);
        Assert.Equal(Grpc.Core.StatusCode.NotFound, (await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => host.CallAsync("edge", (client, options) => client.GetAsync(new UpstreamCredentialRequest { ServerId = Guid.NewGuid().ToString() }, options)))).StatusCode);
    }

    [Fact]
    public async Task Secrets_StandInNoTable_InClear()
    {
        await ConnectAsync();
        var connection = host.Service.Services.GetRequiredService<NpgsqlDataSource>();
        await using var tables = connection.CreateCommand("select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables where schemaname not in ('pg_catalog', 'information_schema')");
        var names = new List<string>();
        await using (var reader = await tables.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                names.Add(reader.GetString(0));
            }
        }

        Assert.Contains(names, name => name.EndsWith("mt_doc_upstreamlogin", StringComparison.Ordinal));
        foreach (var name in names)
        {
            await using var search = connection.CreateCommand($"select count(*) from {name} t where t::text like '%upstream-access-%' or t::text like '%upstream-refresh-%' or t::text like '%upstream-client-secret-%'");
            Assert.True((long)(await search.ExecuteScalarAsync())! == 0, name);
        }
    }

    // What Config said two minutes ago, which had no servers.
    private sealed class OldSnapshots : IConfigurationSnapshots
    {
        public event Action<ConfigurationSnapshot>? Changed
        {
            add => throw new NotSupportedException();
            remove => throw new NotSupportedException();
        }

        public ConfigurationSnapshot Current => ConfigurationSnapshot.Empty;

        public bool IsLoaded => true;

        public TimeSpan Staleness => TimeSpan.FromMinutes(2);

        public Task<bool> WaitForPositionAsync(long position, TimeSpan deadline, CancellationToken cancellation = default) => Task.FromResult(false);

        public Task WaitUntilLoadedAsync(CancellationToken cancellation) => Task.CompletedTask;
    }

    private async Task ConnectAsync(int life = 3600)
    {
        host.Notes.Life = life;
        await host.ConnectAsync(_browser!);
    }
}
