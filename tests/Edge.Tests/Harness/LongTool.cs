using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>A tool, <c>long</c>, that reports progress once when it begins, and once more before it ends: when the test lets it.</summary>
public sealed class LongTool
{
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _begun;

    /// <summary>What it gives.</summary>
    public string Result { get; set; } = "long";

    /// <summary>How often it has begun.</summary>
    public int Begun => Volatile.Read(ref _begun);

    /// <summary>A call was cancelled.</summary>
    public Task Cancelled => _cancelled.Task;

    /// <summary>For a server.</summary>
    public McpServerTool Create() => McpServerTool.Create(RunAsync, new() { Name = "long" });

    /// <summary>Lets every call end.</summary>
    public void Release() => _release.TrySetResult();

    /// <summary>Calls it at the server <c>things</c>; when this returns it runs, and its first progress is read.</summary>
    /// <param name="portal">The portal.</param>
    /// <param name="token">Of the user.</param>
    /// <param name="session">The user's session.</param>
    /// <param name="id">The request's id, as JSON.</param>
    public static async Task<(EventReader Call, string LastEvent)> BeginAsync(PortalHarness portal, string token, string session, string id = "7")
    {
        var call = await portal.OpenAsync(token, session, $$"""{"jsonrpc":"2.0","id":{{id}},"method":"tools/call","params":{"name":"things_long","_meta":{"progressToken":"p"} } }""");
        return (call, (await call.NextAsync()).Id);
    }

    /// <summary>Calls it, and breaks the connection.</summary>
    /// <returns>The last event that came.</returns>
    public static async Task<string> BreakAsync(PortalHarness portal, string token, string session)
    {
        var (call, last) = await BeginAsync(portal, token, session);
        await call.DisposeAsync();
        return last;
    }

    /// <summary>What it gave, where the rest of the stream is read; fails when there is no result.</summary>
    public static async Task<string> ResultOfAsync(EventReader rest)
        => (await rest.ResponseAsync().WaitAsync(Testing.Eventually.DefaultDeadline)).Json.GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString()!;

    private async Task<string> RunAsync(IProgress<ProgressNotificationValue> progress, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _begun);
        progress.Report(new() { Progress = 1 });
        try
        {
            await _release.Task.WaitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            _cancelled.TrySetResult();
            throw;
        }

        progress.Report(new() { Progress = 2 });
        return Result;
    }
}
