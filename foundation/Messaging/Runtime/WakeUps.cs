using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Wolverine.Runtime;

/// <summary>
/// Tells listeners that a queue has something new: in this process directly, in others by NOTIFY. Only ever a hint:
/// whatever is lost here is found by polling.
/// </summary>
/// <remarks>
/// NOTIFY inside the business transaction would serialise all commits on one lock of the server; so it is sent afterwards,
/// from here, once for all that was announced within <see cref="DurabilitySettings.NotifyInterval"/>.
/// </remarks>
internal sealed partial class WakeUps(NpgsqlDataSource dataSource, string channel, DurabilitySettings settings, ILogger<WakeUps> logger) : IDisposable
{
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_longestPause = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, WakeSignal> _listeners = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _announced = new(StringComparer.Ordinal);
    private readonly WakeSignal _flush = new();

    /// <summary>The signal of one queue's listener in this process.</summary>
    public WakeSignal SignalOf(string queue) => _listeners.GetOrAdd(queue, static _ => new WakeSignal());

    /// <summary>There is something new in this queue.</summary>
    public void Announce(string queue)
    {
        Wake(queue);
        if (settings.UseNotify)
        {
            _announced[queue] = true;
            _flush.Set();
        }
    }

    /// <summary>Sends what was announced, until cancelled.</summary>
    public async Task SendAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await _flush.WaitAsync(Timeout.InfiniteTimeSpan, ct);
                await Task.Delay(settings.NotifyInterval, ct);
                foreach (var queue in _announced.Keys)
                {
                    // Removed first: an announcement that comes while this one is sent gets its own notification.
                    _announced.TryRemove(queue, out _);
                    await using var command = dataSource.CreateCommand("select pg_notify($1, $2)");
                    command.CommandTimeout = (int)settings.CommandTimeout.TotalSeconds;
                    command.Parameters.Add(new NpgsqlParameter { Value = channel });
                    command.Parameters.Add(new NpgsqlParameter { Value = queue });
                    await command.ExecuteNonQueryAsync(ct);
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Protects the loop: a hint that could not be sent only costs the receivers a polling interval.
                LogSendFailed(failure.Message);
            }
        }
    }

    /// <summary>Receives other processes' announcements, until cancelled; reconnects as long as it takes.</summary>
    public async Task ReceiveAsync(CancellationToken ct)
    {
        var pause = TimeSpan.FromMilliseconds(250);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await using var connection = await dataSource.OpenConnectionAsync(ct);
                connection.Notification += (_, e) => Wake(e.Payload);
                await ExecuteAsync(connection, $"listen \"{channel}\"", ct);
                pause = TimeSpan.FromMilliseconds(250);

                // What was announced before this connection listened must be looked for.
                foreach (var signal in _listeners.Values)
                {
                    signal.Set();
                }

                while (true)
                {
                    // After a silence, a statement finds out whether the connection is still one.
                    if (!await connection.WaitAsync(s_silence, ct))
                    {
                        await ExecuteAsync(connection, "select 1", ct);
                    }
                }
            }
            catch (OperationCanceledException) when (ct.IsCancellationRequested)
            {
                return;
            }
            catch (Exception failure)
            {
                // Protects the loop against every way in which a connection ends; polling goes on meanwhile.
                LogReceiveFailed(failure.Message);
            }

            await Task.Delay(pause, ct).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < s_longestPause ? pause * 2 : s_longestPause;
        }
    }

    public void Dispose()
    {
        _flush.Dispose();
        foreach (var signal in _listeners.Values)
        {
            signal.Dispose();
        }
    }

    private void Wake(string queue)
    {
        if (_listeners.TryGetValue(queue, out var signal))
        {
            signal.Set();
        }
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string text, CancellationToken ct)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = text;
        command.CommandTimeout = (int)settings.CommandTimeout.TotalSeconds;
        await command.ExecuteNonQueryAsync(ct);
    }

    [LoggerMessage(1, LogLevel.Debug, "Could not announce messages, receivers will find them by polling: {Error}")]
    private partial void LogSendFailed(string error);

    [LoggerMessage(2, LogLevel.Information, "Not listening for announcements, polling alone finds messages meanwhile: {Error}")]
    private partial void LogReceiveFailed(string error);
}
