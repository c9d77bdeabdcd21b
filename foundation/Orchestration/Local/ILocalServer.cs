namespace Aspire.Hosting.Local;

/// <summary>A server that belongs to this process: started, restarted on the same port, stopped.</summary>
public interface ILocalServer : IAsyncDisposable
{
    /// <summary>How clients reach it. Changes no more after the first start.</summary>
    string ConnectionString { get; }

    /// <summary>Its process while it runs.</summary>
    int? ProcessId { get; }

    /// <summary>With the id, the unmistakable name of that process.</summary>
    long? ProcessStartTime { get; }

    /// <summary>Completes when the running server ends.</summary>
    Task<int> Exited { get; }

    /// <summary>Starts it, also again after it ended, and returns when it answers.</summary>
    /// <exception cref="InvalidOperationException">It did not start; the message says why.</exception>
    Task StartAsync(CancellationToken ct = default);

    /// <summary>Ends it in an orderly way.</summary>
    Task StopAsync();
}
