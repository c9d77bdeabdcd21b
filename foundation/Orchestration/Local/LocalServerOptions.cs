namespace Aspire.Hosting.Local;

/// <summary>Where and how a private server runs.</summary>
public sealed record LocalServerOptions
{
    /// <summary>The folder of its data, created when missing. One host at a time.</summary>
    public required string Directory { get; init; }

    /// <summary>The port on 127.0.0.1; null takes a free one and keeps it over restarts within this run.</summary>
    public int? Port { get; init; }

    /// <summary>Where the programs are; null looks in the usual places.</summary>
    public string? BinDirectory { get; init; }

    /// <summary>Most connections at once.</summary>
    public int MaxConnections { get; init; } = 200;

    /// <summary>Removes the folder when the server is disposed.</summary>
    public bool Temporary { get; init; }

    /// <summary>Receives the server's own log lines.</summary>
    public Action<string> OnLine { get; init; } = _ => { };

    /// <summary>How long one start may take, PostgreSQL's crash recovery included.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);
}
