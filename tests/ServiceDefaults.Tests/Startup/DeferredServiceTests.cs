using ManagedOAuth.ServiceDefaults.Startup;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace ManagedOAuth.ServiceDefaults.Tests.Startup;

public sealed class DeferredServiceTests
{
    [Fact]
    public async Task Stop_AfterTheHostWasDisposedOf_DoesNothing()
    {
        var inner = new Inner();
        await using var services = new ServiceCollection().BuildServiceProvider();
        var service = new DeferredService(_ => inner, services);
        await service.StartingAsync(default);
        await service.RunAsync(default);
        await service.StoppingAsync(default);
        service.Dispose();
        await service.StopAsync(default);
        await service.StoppedAsync(default);
        Assert.Equal((1, 0), (inner.Starts, inner.Stops));
    }

    private sealed class Inner : IHostedService
    {
        public int Starts { get; private set; }

        public int Stops { get; private set; }

        public Task StartAsync(CancellationToken cancellationToken) => Task.FromResult(Starts++);

        public Task StopAsync(CancellationToken cancellationToken) => Task.FromResult(Stops++);
    }
}
