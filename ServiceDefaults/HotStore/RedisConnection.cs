using System.Net.Security;
using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using StackExchange.Redis;

namespace ManagedOAuth.ServiceDefaults.HotStore;

/// <summary>
/// One multiplexed connection, made at first use, that heals: the client library reconnects by itself when the socket
/// breaks; when Redis hangs without breaking it (a stopped process, a partition without reset) the connection is replaced.
/// </summary>
/// <remarks>
/// Asynchronous operations of this client never time out by themselves, so every wait has our own deadline. After a few
/// missed deadlines in a row calls fail at once for a moment, so that a hanging store does not hold a thousand requests.
/// </remarks>
internal sealed partial class RedisConnection(
    Func<string?> connectionString, TimeProvider clock, ILogger<RedisConnection> logger, TimeSpan operationDeadline, Func<string?>? authorityFile = null) : IDisposable
{
    // Misses in a row after which calls fail at once, and for how long before one is let through to try.
    private const int MissesToOpen = 3;
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_replaceAfter = TimeSpan.FromSeconds(5);

    // More operations than this in flight means that answers do not come; the rest would only fill the memory.
    private const int MaximumInFlight = 10_000;

    private readonly Lock _lock = new();
    private Task<ConnectionMultiplexer>? _connecting;
    private int _inFlight;
    private int _misses;
    private long _missesSince;
    private long _pausedUntil;

    /// <summary>Runs one operation within the deadline.</summary>
    /// <exception cref="HotStoreUnavailableException">No connection, no answer in time, or an answer that is an error of the server's state.</exception>
    public async Task<T> RunAsync<T>(Func<IDatabase, Task<T>> operation, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        if (clock.GetTimestamp() < Volatile.Read(ref _pausedUntil))
        {
            throw new HotStoreUnavailableException("Redis does not answer; trying again in a moment.");
        }

        if (Interlocked.Increment(ref _inFlight) > MaximumInFlight)
        {
            Interlocked.Decrement(ref _inFlight);
            throw new HotStoreUnavailableException("Too many operations wait for Redis.");
        }

        try
        {
            var result = await RunWithinDeadlineAsync(operation, cancellation);
            Volatile.Write(ref _misses, 0);
            return result;
        }
        catch (TimeoutException timeout)
        {
            Missed();
            throw new HotStoreUnavailableException("Redis did not answer in time.", timeout);
        }
        catch (Exception exception) when (exception is RedisConnectionException or RedisServerException or ObjectDisposedException or ArgumentException)
        {
            // Server errors count as an outage too: LOADING, READONLY, OOM (noeviction), a wrong password. None of them is
            // an answer to the question that was asked.
            throw new HotStoreUnavailableException($"Redis cannot be used: {exception.Message}", exception);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
    }

    /// <summary>Begins to connect, without waiting.</summary>
    public void Begin() => _ = Multiplexer();

    public void Dispose()
    {
        lock (_lock)
        {
            DisposeWhenConnected(_connecting);
            _connecting = null;
        }
    }

    private async Task<T> RunWithinDeadlineAsync<T>(Func<IDatabase, Task<T>> operation, CancellationToken cancellation)
    {
        var began = clock.GetTimestamp();
        var multiplexer = await Multiplexer().WaitAsync(operationDeadline, clock, cancellation);
        var left = operationDeadline - clock.GetElapsedTime(began);
        if (left <= TimeSpan.Zero)
        {
            throw new TimeoutException();
        }

        var work = operation(multiplexer.GetDatabase());
        try
        {
            return await work.WaitAsync(left, clock, cancellation);
        }
        catch (RedisServerException exception) when (exception.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // Redis has restarted and forgot the scripts that this client believes it has; asking again loads them.
            return await operation(multiplexer.GetDatabase()).WaitAsync(left, clock, cancellation);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException && !work.IsCompleted)
        {
            // Nobody waits for it any more; its late failure must not surface as an unobserved one.
            _ = work.ContinueWith(static late => late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }
    }

    private Task<ConnectionMultiplexer> Multiplexer()
    {
        var connecting = Volatile.Read(ref _connecting);
        if (connecting is { IsFaulted: false, IsCanceled: false })
        {
            return connecting;
        }

        lock (_lock)
        {
            if (_connecting is not { IsFaulted: false, IsCanceled: false })
            {
                _connecting = ConnectAsync();
            }

            return _connecting;
        }
    }

    private Task<ConnectionMultiplexer> ConnectAsync()
    {
        var text = connectionString();
        if (string.IsNullOrEmpty(text))
        {
            throw new HotStoreUnavailableException("ConnectionStrings:redis is missing.");
        }

        var options = ConfigurationOptions.Parse(text);
        options.AbortOnConnectFail = false;
        options.ConnectTimeout = 2000;
        options.SyncTimeout = 1000;
        options.ConnectRetry = 1;
        options.KeepAlive = 15;
        options.AllowAdmin = false;
        if (authorityFile?.Invoke() is { Length: > 0 } file)
        {
            // Who names an authority wants no connection that it does not vouch for.
            options.Ssl = true;
            options.CertificateValidation += Trust(file);
        }

        // On its own thread: connecting resolves names, and the first part of it is synchronous.
        return Task.Run(async () =>
        {
            var multiplexer = await ConnectionMultiplexer.ConnectAsync(options);
            multiplexer.PreserveAsyncOrder = false;
            multiplexer.ConnectionFailed += (_, failed) => Log.Lost(logger, failed.FailureType.ToString());
            multiplexer.ConnectionRestored += (_, _) => Log.Restored(logger);
            return multiplexer;
        });
    }

    private static RemoteCertificateValidationCallback Trust(string file)
    {
        try
        {
            return RedisTrust.In(file);
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new HotStoreUnavailableException($"Redis:CertificateAuthorityFile cannot be used: {unreadable.Message}", unreadable);
        }
    }

    private void Missed()
    {
        var now = clock.GetTimestamp();
        var misses = Interlocked.Increment(ref _misses);
        if (misses == 1)
        {
            Volatile.Write(ref _missesSince, now);
        }

        if (misses >= MissesToOpen)
        {
            Volatile.Write(ref _pausedUntil, now + (long)(s_pause.TotalSeconds * clock.TimestampFrequency));
            if (clock.GetElapsedTime(Volatile.Read(ref _missesSince), now) > s_replaceAfter)
            {
                Replace();
            }
        }
    }

    private void Replace()
    {
        lock (_lock)
        {
            // Only a connection that was made is replaced: one that is still connecting gets its time.
            if (_connecting is { IsCompletedSuccessfully: true } hung)
            {
                Log.Replaced(logger);
                _connecting = null;
                Volatile.Write(ref _misses, 0);
                DisposeWhenConnected(hung);
            }
        }
    }

    private static void DisposeWhenConnected(Task<ConnectionMultiplexer>? connecting) =>
        connecting?.ContinueWith(
            static task =>
            {
                if (task.IsCompletedSuccessfully)
                {
                    // Without waiting for the commands that will never be answered.
                    task.Result.Close(allowCommandsToComplete: false);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.None,
            TaskScheduler.Default);

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The connection to Redis is lost: {Reason}", EventName = "RedisLost")]
        public static partial void Lost(ILogger logger, string reason);

        [LoggerMessage(2, LogLevel.Information, "The connection to Redis is back.", EventName = "RedisRestored")]
        public static partial void Restored(ILogger logger);

        [LoggerMessage(3, LogLevel.Warning, "Redis hangs; its connection is replaced.", EventName = "RedisReplaced")]
        public static partial void Replaced(ILogger logger);
    }
}
