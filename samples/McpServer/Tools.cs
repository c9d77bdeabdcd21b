using System.ComponentModel;
using System.Security.Claims;
using ModelContextProtocol;
using ModelContextProtocol.Server;

namespace ManagedOAuth.Samples.McpServer;

/// <summary>The tools of the sample.</summary>
internal static class Tools
{
    public static McpServerPrimitiveCollection<McpServerTool> All { get; } =
    [
        McpServerTool.Create(Echo, new() { Name = "echo", Description = "Returns the text it is given." }),
        McpServerTool.Create(WhoAmI, new() { Name = "whoami", Description = "Tells who the proxy says you are, proven by its signed assertion." }),
        McpServerTool.Create(SlowAsync, new() { Name = "slow", Description = "Works in steps and reports its progress." }),
    ];

    private static string Echo([Description("What to return.")] string text) => text;

    private static string WhoAmI(ClaimsPrincipal? user) => user?.Identity is { IsAuthenticated: true } ? user.FindFirst("email")?.Value ?? user.FindFirst("common_name")?.Value ?? "?" : "nobody";

    private static async Task<string> SlowAsync(
        IProgress<ProgressNotificationValue> progress,
        CancellationToken cancellationToken,
        [Description("How many steps, at most 1000.")] int steps = 5,
        [Description("Milliseconds for each step, at most 10000.")] int stepMilliseconds = 200)
    {
        steps = Math.Clamp(steps, 1, 1000);
        for (var step = 1; step <= steps; step++)
        {
            await Task.Delay(Math.Clamp(stepMilliseconds, 1, 10_000), cancellationToken);
            progress.Report(new ProgressNotificationValue { Progress = step, Total = steps, Message = $"step {step} of {steps}" });
        }
        return $"done after {steps} steps";
    }
}
