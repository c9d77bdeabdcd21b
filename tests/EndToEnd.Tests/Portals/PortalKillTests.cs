using System.Text.Json;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Dashboard;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Portals;

/// <summary>
/// <c>kill -9</c> of each part while two users call tools through a portal, in loops and in one long call: what does not need the part goes on without a
/// single failure, every session heals, and no answer is ever made with somebody else's credential.
/// </summary>
[Collection(PortalCollection.Name)]
public sealed class PortalKillTests(PortalTopology topology)
{
    private const string First = "admin@example.com";
    private const string Second = "bob@example.com";
    private const string WhoAmI = "tools_whoami";
    private const string Account = "notes_account";
    private const string Slow = """{"steps":16,"stepMilliseconds":250}""";
    private const int Attempts = 3;

    // Far below what a user may ask for in a minute.
    private static readonly TimeSpan s_pace = TimeSpan.FromMilliseconds(300);

    // What goes on as if nothing had happened, and whether the long call at the first server is finished in any case.
    private static readonly (string Part, string[] Unharmed, bool IsFinished)[] s_parts =
    [
        ("mcp-server", [Account], false),
        ("notes-server", [WhoAmI], true),
        ("redis", [WhoAmI, Account], true),
        ("authorization-server", [WhoAmI], true),
        ("edge", [], false),
    ];

    // One session for each user, through all of it; only one of them has an account at the second server.
    [Fact]
    public async Task Kill_DuringCalls_OthersGoOn_SessionsHeal_AndNoCredentialIsLostOrCrossed()
    {
        await using var administrator = new Administrator(topology);
        var page = await administrator.OpenAsync("/");
        await NotesLogin.ConnectAsync(page, topology.Portal + "/authorize", "alice");
        using var first = new Session(First);
        using var second = new Session(Second);
        await first.BeginAsync(topology);
        await second.BeginAsync(topology);
        await Eventually.Passes(() => CheckAsync(first, second), pause: s_pace);
        foreach (var (part, unharmed, isFinished) in s_parts)
        {
            // On a slow machine a call may be too late for a deadline that has nothing to do with what was killed. What really hangs on it fails each time.
            List<string> failures = [];
            for (var attempt = 0; attempt < Attempts && (attempt == 0 || failures.Count > 0); attempt++)
            {
                failures = await KillAsync(part, unharmed, isFinished, first, second);
            }

            Assert.Empty(failures);
        }

        await NotesLogin.ForgetAsync(topology, page);
    }

    // What failed that should not have; whatever else is wrong ends the test.
    private async Task<List<string>> KillAsync(string part, string[] unharmed, bool isFinished, Session first, Session second)
    {
        using var over = new CancellationTokenSource();
        Loop[] loops = [new(first, WhoAmI), new(first, Account), new(second, WhoAmI), new(second, Account)];
        var running = Task.WhenAll(loops.Select(loop => loop.RunAsync(over.Token)));
        var goingOn = loops.Where(loop => unharmed.Contains(loop.Tool) && loop.Expected is not null).ToList();
        await Eventually.Async(() => loops.All(loop => loop.Succeeded > 0 || loop.Expected is null), what: $"calls go on before the end of {part}");
        var slow = LongAsync(second);
        var before = goingOn.ConvertAll(loop => loop.Succeeded);

        await topology.KillAsync(part);

        // The same sessions, tokens and logins go on.
        await Eventually.Passes(() => CheckAsync(first, second), what: $"everything works again after the end of {part}", pause: s_pace);
        await Eventually.Async(() => goingOn.Select((loop, index) => loop.Succeeded > before[index]).All(went => went));
        await over.CancelAsync();
        await running;
        var (isDone, text) = await slow;

        // Where its server or the edge is killed it may still have come through, on a machine that is slow to kill.
        Assert.True(!isDone || text == "done after 16 steps", $"The long call when {part} was killed: {text}");
        return
        [
            .. goingOn.Where(loop => loop.Failure is not null).Select(loop => $"{loop.Tool} failed when {part} was killed: {loop.Failure}"),
            .. (string[])(isFinished && !isDone ? [$"The long call failed when {part} was killed: {text}"] : []),
        ];
    }

    private static async Task CheckAsync(Session first, Session second)
    {
        Assert.Equal((true, First), await first.Caller.CallAsync(WhoAmI));
        Assert.Equal((true, Second), await second.Caller.CallAsync(WhoAmI));
        Assert.Equal((true, "alice"), await first.Caller.CallAsync(Account));
        Assert.False((await second.Caller.CallAsync(Account)).IsResult);
    }

    // It ends in any case, as a result or as an error: nobody waits for what will never come.
    private static async Task<(bool IsResult, string Text)> LongAsync(Session session)
    {
        try
        {
            return await session.Caller.CallAsync("tools_slow", arguments: Slow);
        }
        catch (Exception away) when (IsAway(away))
        {
            return (false, away.Message);
        }
    }

    private static bool IsAway(Exception failure) => failure is HttpRequestException or IOException or OperationCanceledException or InvalidOperationException or JsonException;

    // One tool, called again and again. A call may fail while something is away. What it gives is the user's own, or nothing.
    private sealed class Loop(Session session, string tool)
    {
        private int _succeeded;

        public string Tool => tool;

        public string? Expected => session.Expected(tool);

        public int Succeeded => Volatile.Read(ref _succeeded);

        /// <summary>The last one; null = none.</summary>
        public string? Failure { get; private set; }

        public async Task RunAsync(CancellationToken over)
        {
            while (!over.IsCancellationRequested)
            {
                try
                {
                    var (isResult, text) = await session.Caller.CallAsync(tool);
                    if (isResult)
                    {
                        Assert.Equal(Expected, text);
                        Interlocked.Increment(ref _succeeded);
                    }
                    else
                    {
                        Failure = text;
                    }
                }
                catch (Exception away) when (IsAway(away))
                {
                    Failure = away.Message;
                }

                await Task.Delay(s_pace, CancellationToken.None);
            }
        }
    }

    private sealed class Session(string address) : IDisposable
    {
        public PortalCaller Caller { get; private set; } = null!;

        public async Task BeginAsync(PortalTopology topology)
        {
            using var user = new ScriptedBrowser(address, topology.Mailbox);
            using var client = new OAuthClient(new Uri(topology.Mcp, "/mcp"));
            Caller = await PortalCaller.BeginAsync(new Uri(topology.Mcp, "/mcp"), (await client.LoginAsync(user)).AccessToken, isPatient: false);
        }

        /// <summary>What a tool may give this user; null = nothing at all.</summary>
        public string? Expected(string tool) => tool == WhoAmI ? address : address == First ? "alice" : null;

        public void Dispose() => Caller?.Dispose();
    }
}
