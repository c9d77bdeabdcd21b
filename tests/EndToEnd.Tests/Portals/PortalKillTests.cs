using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Dashboard;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary><c>kill -9</c> of each part while two users call tools through a portal.</summary>
[Collection(PortalCollection.Name)]
public sealed class PortalKillTests(PortalTopology topology)
{
    private const string WhoAmI = "tools_whoami";
    private const string Account = "notes_account";

    // One session for each user, through all of it; only one of them has an account at the second server.
    [Fact]
    public async Task Kill_DuringCalls_SessionsHeal_AndNoCredentialIsLostOrCrossed()
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/");
        await NotesLogin.ConnectAsync(page, topology.Portal + "/authorize", "alice");
        using var first = new Session("admin@example.com");
        using var second = new Session("bob@example.com");
        await first.BeginAsync(topology);
        await second.BeginAsync(topology);
        await Eventually.Passes(() => CheckAsync(first, second));

        foreach (var resource in new[] { "mcp-server", "notes-server", "edge", "authorization-server", "redis" })
        {
            using var over = new CancellationTokenSource();
            var other = 0;
            var calls = Task.WhenAll(
                KeepCallingAsync(first, WhoAmI, over.Token),
                KeepCallingAsync(second, WhoAmI, over.Token),
                KeepCallingAsync(second, Account, over.Token),
                KeepCallingAsync(first, Account, over.Token, () => Interlocked.Increment(ref other)));
            await topology.KillAsync(resource);
            var duringKill = Volatile.Read(ref other);

            // The same sessions, tokens and logins go on.
            await Eventually.Passes(() => CheckAsync(first, second), what: $"everything works again after the end of {resource}");
            await over.CancelAsync();
            await calls;
            Assert.True(resource != "mcp-server" || duringKill > 0, "The other server did not go on.");
        }

        await NotesLogin.ForgetAsync(topology, page);
    }

    private static async Task CheckAsync(Session first, Session second)
    {
        Assert.Equal((true, "admin@example.com"), await first.Caller.CallAsync(WhoAmI));
        Assert.Equal((true, "bob@example.com"), await second.Caller.CallAsync(WhoAmI));
        Assert.Equal((true, "alice"), await first.Caller.CallAsync(Account));
        Assert.False((await second.Caller.CallAsync(Account)).IsResult);
    }

    // A call may fail while something is away. What it gives is the user's own, or nothing.
    private static async Task KeepCallingAsync(Session session, string tool, CancellationToken over, Action? succeeded = null)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                var (isResult, text) = await session.Caller.CallAsync(tool);
                if (isResult)
                {
                    Assert.Equal(session.Expected(tool), text);
                    succeeded?.Invoke();
                }
            }
            catch (Exception away) when (away is HttpRequestException or IOException or OperationCanceledException)
            {
                // That part is away.
            }

            // Far below what a user may ask for in a minute.
            await Task.Delay(TimeSpan.FromMilliseconds(300), CancellationToken.None);
        }
    }

    private sealed class Session(string address) : IDisposable
    {
        public PortalCaller Caller { get; private set; } = null!;

        public async Task BeginAsync(PortalTopology topology)
        {
            using var user = new ScriptedBrowser(address, topology.Mailbox);
            using var client = new OAuthClient(new Uri(topology.Mcp, "/mcp"));
            Caller = await PortalCaller.BeginAsync(new Uri(topology.Mcp, "/mcp"), (await client.LoginAsync(user)).AccessToken);
        }

        /// <summary>What a tool may give this user; null = nothing at all.</summary>
        public string? Expected(string tool) => tool == WhoAmI ? address : address == "admin@example.com" ? "alice" : null;

        public void Dispose() => Caller?.Dispose();
    }
}
