namespace Aspire.Hosting.Processes;

/// <summary>What to start and how it ends with its host.</summary>
internal sealed record ChildProcessOptions
{
    /// <summary>Absolute path, or a name to be found in PATH.</summary>
    public required string FileName { get; init; }

    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>"/" by default: a server that drops privileges may be unable to enter the host's folder.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>Set on top of what is inherited; null removes the variable.</summary>
    public IReadOnlyDictionary<string, string?> Environment { get; init; } = new Dictionary<string, string?>();

    /// <summary>Names, or prefixes that end in *, which the child does not inherit.</summary>
    public IReadOnlyList<string> NotInherited { get; init; } = [];

    /// <summary>The user to become; null keeps the host's.</summary>
    public UnprivilegedUser? User { get; init; }

    /// <summary>The signal that the kernel sends to the child when the host dies, however it dies.</summary>
    public int ParentDeathSignal { get; init; } = Native.SIGKILL;

    /// <summary>What it reads on its standard input; empty otherwise.</summary>
    public string Input { get; init; } = "";

    /// <summary>Called for each line of output, from one thread at a time per stream.</summary>
    public Action<string, bool> OnLine { get; init; } = (_, _) => { };
}
