using Microsoft.Extensions.Logging.Console;

namespace ManagedOAuth.ServiceDefaults.Logging;

/// <summary>How a line of the console looks; bound to <c>Logging:Console</c>.</summary>
public sealed class ServiceConsoleOptions : ConsoleFormatterOptions
{
    /// <summary><c>Logging:Console:Format</c>, <c>Text</c> by default.</summary>
    public ConsoleFormat Format { get; set; }
}

/// <summary>The two looks of a line.</summary>
public enum ConsoleFormat
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>For machines: one JSON object per line.</summary>
    Json,
}
