using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Testing;
using Microsoft.Extensions.DependencyInjection;
using State = ManagedOAuth.Contracts.Upstream.UpstreamCredentialReply.Types.State;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>Logins that nobody uses are kept alive, and told of when they cannot be.</summary>
public sealed class RenewalTests(UpstreamHost host) : ConnectedUserTests(host)
{
    private static readonly TimeSpan s_idle = TimeSpan.FromHours(25);

    [Fact]
    public async Task LoginThatNobodyUsed_IsRenewed_AndOneThatWasRenewedIsLeftAlone()
    {
        var bob = UpstreamHost.User();
        using var other = Host.Browser(bob);
        await Host.ConnectAsync(other);
        var (first, recent) = (await LoginAsync(Alice), await LoginAsync(bob));
        await Host.AgeAsync(Alice, s_idle);
        await RunAsync();
        var second = await LoginAsync(Alice);
        Assert.NotEqual(first.CredentialId, second.CredentialId);
        Assert.Equal((null, recent.CredentialId), (second.Stale, (await LoginAsync(bob)).CredentialId));

        // Nobody had use for it, so that is still counted from the login on.
        Assert.Null(second.UsedAt);
        await RunAsync();
        Assert.Equal(second.CredentialId, (await LoginAsync(Alice)).CredentialId);
        Assert.Equal((State.Connected, second.CredentialId), ((await Host.GetAsync(Alice)).State, (await Host.GetAsync(Alice)).CredentialId));
    }

    [Fact]
    public async Task LoginThatIsOver_IsToldOf_BeforeAnybodyCalls()
    {
        Host.Notes.TokenError = "invalid_grant";
        await Host.AgeAsync(Alice, s_idle);
        await RunAsync();
        Assert.Contains("invalid_grant", (await LoginAsync(Alice)).Stale);
        Assert.Equal([false, true], (await Host.ToldAsync(Alice)).Select(message => message.IsStale));
        var asked = Host.Notes.TokenRequests;
        await RunAsync();
        Assert.Equal(asked, Host.Notes.TokenRequests);
    }

    [Fact]
    public async Task LoginThatCannotBeRenewed_IsGoodToItsEnd_AndOverThen()
    {
        Host.Notes.GivesRefreshTokens = false;
        Host.Notes.Life = (int)TimeSpan.FromHours(30).TotalSeconds;
        await Host.ConnectAsync(Browser);
        await Host.AgeAsync(Alice, s_idle);
        var before = await LoginAsync(Alice);
        await RunAsync();
        Assert.Equal((before.CredentialId, null), ((await LoginAsync(Alice)).CredentialId, (await LoginAsync(Alice)).Stale));
        await Host.AgeAsync(Alice, TimeSpan.FromHours(6));
        await RunAsync();
        Assert.NotNull((await LoginAsync(Alice)).Stale);
    }

    [Fact]
    public async Task AuthorizationServerAway_LosesNothing_AndKeepsNobodyElseWaiting()
    {
        await Host.AgeAsync(Alice, s_idle);
        var before = await LoginAsync(Alice);
        Host.Notes.Down = 503;
        await RunAsync();
        Assert.Equal((before.CredentialId, null), ((await LoginAsync(Alice)).CredentialId, (await LoginAsync(Alice)).Stale));
        Host.Notes.Down = null;

        // It is left in peace for a moment after a failure.
        await Eventually.Async(async () =>
        {
            await RunAsync();
            return (await LoginAsync(Alice)).CredentialId != before.CredentialId;
        });
    }

    // More than are asked for at once.
    [Fact]
    public async Task LoginsThatAreRefused_KeepNoOthersOfTheirAuthorizationServerWaiting()
    {
        var users = Enumerable.Range(0, 6).Select(_ => UpstreamHost.User()).ToList();
        foreach (var user in users)
        {
            using var browser = Host.Browser(user);
            await Host.ConnectAsync(browser);
            await Host.AgeAsync(user, s_idle);
        }

        Host.Notes.TokenError = "interaction_required";
        var asked = Host.Notes.TokenRequests;
        await RunAsync();
        Assert.True(Host.Notes.TokenRequests - asked >= users.Count, $"{Host.Notes.TokenRequests - asked}");
        foreach (var user in users)
        {
            Assert.Null((await LoginAsync(user)).Stale);
        }

        Host.Notes.TokenError = null;
        await RunAsync();
        foreach (var user in users)
        {
            var login = await LoginAsync(user);
            Assert.True(login.RefreshedAt > login.ConnectedAt);
        }
    }

    [Fact]
    public async Task LoginThatNobodyHadUseForInNinetyDays_IsLeftToItsEnd_UntilSomebodyHas()
    {
        await Host.AgeAsync(Alice, TimeSpan.FromDays(91));
        var before = await LoginAsync(Alice);
        await RunAsync();
        Assert.Equal(before.CredentialId, (await LoginAsync(Alice)).CredentialId);

        Assert.Equal(State.Connected, (await Host.GetAsync(Alice)).State);
        var used = await LoginAsync(Alice);
        Assert.NotNull(used.UsedAt);
        await Host.AgeAsync(Alice, s_idle);
        await RunAsync();
        Assert.NotEqual(used.CredentialId, (await LoginAsync(Alice)).CredentialId);
    }

    [Fact]
    public async Task OfSeveralReplicas_OneAsks()
    {
        await Host.AgeAsync(Alice, s_idle);
        var gate = new TaskCompletionSource();
        Host.Notes.Delay = gate.Task;
        var asked = Host.Notes.Refreshes;
        var rounds = new[] { RunAsync(), RunAsync(), RunAsync() };
        await Eventually.Async(() => Host.Notes.Refreshes > asked);
        gate.SetResult();
        await Task.WhenAll(rounds);
        Assert.Equal(1, Host.Notes.Refreshes - asked);
        Assert.Null((await LoginAsync(Alice)).Stale);
    }

    [Theory]
    [InlineData("0s", "2160h", true)]
    [InlineData("1h", "24h", true)]
    [InlineData("59m", "2160h", false)]
    [InlineData("24h", "23h", false)]
    [InlineData("a day", "2160h", false)]
    public void Settings_HaveBounds(string after, string @for, bool isValid) => Assert.Equal(isValid, new UpstreamRenewalOptions { RenewAfter = after, RenewFor = @for }.IsValid);

    // A replica of its own: what it remembers of failures is its own too.
    private async Task RunAsync()
    {
        var services = Host.Service.Services;
        var refresher = ActivatorUtilities.CreateInstance<UpstreamRefresher>(services);
        using var renewals = ActivatorUtilities.CreateInstance<UpstreamRenewals>(services, refresher);
        await renewals.RunAsync(default);
    }

    private async Task<UpstreamLogin> LoginAsync(Identity user) => Assert.Single(await Host.LoginsOfAsync(user));
}
