namespace Aspire.Hosting.Provisioning;

/// <summary>A container engine counts only when it answers: an installed client without its daemon is none.</summary>
internal static class ContainerEngine
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    public static async Task<bool> AnswersAsync(string program = "docker") => (await Command.RunAsync(s_limit, program, "info").ConfigureAwait(false)).Code == 0;
}
