using Microsoft.Extensions.Logging;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>Listens and says nothing: ASP.NET makes the Activity of a request, our flow id, only where somebody listens.</summary>
public sealed class SilentLogging : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
    }

    public void Dispose()
    {
    }
}
