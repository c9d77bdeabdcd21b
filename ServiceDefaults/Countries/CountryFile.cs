using ManagedOAuth.Contracts.Policies;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.ServiceDefaults.Countries;

/// <summary>
/// The list of networks and countries that <see cref="CountryOptions.Networks"/> names: read when it is first needed, and again after it changed. A list
/// that cannot be read stops the start; one that takes its place later and cannot be read leaves the last in force.
/// </summary>
public sealed partial class CountryFile : BackgroundService
{
    /// <summary>How often the file is looked at.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private const long LargestFile = 64 * 1024 * 1024;

    private readonly string _path;
    private readonly TimeProvider _clock;
    private readonly ILogger<CountryFile> _logger;
    private (string Name, DateTime Written, long Length) _stamp;
    private volatile CountryNetworks? _current;

    /// <summary>Reads the list.</summary>
    /// <exception cref="InvalidOperationException">There is a setting, and the file that it names cannot be read.</exception>
    public CountryFile(IOptions<CountryOptions> options, TimeProvider clock, ILogger<CountryFile> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _path = options.Value.Networks;
        _clock = clock;
        _logger = logger;
        if (_path.Length == 0)
        {
            return;
        }

        try
        {
            Read();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new InvalidOperationException($"Geo:Networks names {_path}, which cannot be read as a list of networks and countries: {unreadable.Message}", unreadable);
        }
    }

    /// <summary>The list in force; null without the setting.</summary>
    public CountryNetworks? Current => _current;

    /// <summary>Another list is in force.</summary>
    public event Action? Changed;

    /// <summary>Reads the list again where the file is another than before.</summary>
    public void Look()
    {
        try
        {
            if (StampOf(_path) != _stamp)
            {
                Read();
                Changed?.Invoke();
            }
        }
        catch (Exception unreadable) when (unreadable is not OutOfMemoryException)
        {
            // Protects the loop, whatever is the matter with the file.
            LogUnreadable(_logger, _path, unreadable.Message);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_path.Length == 0)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, _clock);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Look();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The end of the process.
        }
    }

    // Of the file itself: a link to it has a time and a length of its own.
    private static (string Name, DateTime Written, long Length) StampOf(string path)
    {
        var named = new FileInfo(path);
        var file = named.Exists && named.ResolveLinkTarget(returnFinalTarget: true) is FileInfo target ? target : named;
        return (file.FullName, file.LastWriteTimeUtc, file.Exists ? file.Length : -1);
    }

    private void Read()
    {
        var stamp = StampOf(_path);

        // Noted first: what cannot be read is told once, and not at every look.
        _stamp = stamp;
        if (stamp.Length > LargestFile)
        {
            throw new FormatException($"it has more than {LargestFile} bytes");
        }

        using var reader = File.OpenText(_path);
        _current = CountryNetworks.Read(reader);
        LogRead(_logger, _current.Count, _path);
    }

    [LoggerMessage(1, LogLevel.Information, "{Count} networks with their countries were read from {Path}.", EventName = "CountriesRead")]
    private static partial void LogRead(ILogger logger, int count, string path);

    [LoggerMessage(2, LogLevel.Error, "The list of networks and countries at {Path} cannot be read; the last one stays in force: {Message}", EventName = "CountriesUnreadable")]
    private static partial void LogUnreadable(ILogger logger, string path, string message);
}
