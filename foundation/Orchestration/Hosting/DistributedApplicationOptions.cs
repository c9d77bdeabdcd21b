namespace Aspire.Hosting;

/// <summary>Settings of a host.</summary>
public sealed class DistributedApplicationOptions
{
    /// <summary>Command line, read as configuration.</summary>
    public string[]? Args { get; set; }

    /// <summary>The folder that relative project paths start from; null = the host's own project folder.</summary>
    public string? ProjectDirectory { get; set; }

    /// <summary>Ours: where the host keeps its lock and the list of its processes; null keeps neither (tests that run hosts side by side).</summary>
    public string? StateDirectory { get; set; }

    /// <summary>Ours: ports that the host itself will listen on, checked together with those of the resources.</summary>
    public IReadOnlyList<(int Port, string Use)> AlsoListensOn { get; set; } = [];

    /// <summary>Ours: the clock of pauses and health checks.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;
}
