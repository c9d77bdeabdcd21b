using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Transfer;

/// <summary>Organizations, each with a database of its own: one to export from, one to apply to, and one for whatever else.</summary>
public sealed class TransferHosts : IAsyncLifetime
{
    private Task? _filled;

    public ConfigHost From { get; } = new();

    public ConfigHost To { get; } = new();

    public ConfigHost Other { get; } = new();

    /// <summary>Fills the first one, once.</summary>
    public Task FillAsync(Func<Task> fill) => _filled ??= fill();

    public Task InitializeAsync() => Task.WhenAll(From.InitializeAsync(), To.InitializeAsync(), Other.InitializeAsync());

    public async Task DisposeAsync()
    {
        await From.DisposeAsync();
        await To.DisposeAsync();
        await Other.DisposeAsync();
    }
}
