using System.Net;
using Aspire.Hosting.ApplicationModel;
using ManagedOAuth.AppHost.Mail;

namespace ManagedOAuth.AppHost.LocalConsole;

/// <summary>The local console: a small web server of its own inside the host, for the person at this machine. See <see cref="ConsoleEndpoints"/>.</summary>
public sealed class LocalConsoleServer(AppHostOptions options, ResourceNotificationService resources, ResourceLoggerService logs, ResourceCommandService commands, Mailbox mailbox) : IHostedService, IAsyncDisposable
{
    private WebApplication? _app;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddConsole().SetMinimumLevel(LogLevel.Error);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = 16 * 1024;
            kestrel.Limits.MaxConcurrentConnections = 100;
            kestrel.Listen(IPAddress.Loopback, options.Ports.Console);
            if (System.Net.Sockets.Socket.OSSupportsIPv6)
            {
                kestrel.Listen(IPAddress.IPv6Loopback, options.Ports.Console);
            }
        });
        builder.Services.AddRazorComponents();
        builder.Services.AddSingleton(resources).AddSingleton(logs).AddSingleton(commands).AddSingleton(mailbox).AddSingleton(options);
        builder.Services.AddSingleton(new ConsoleGuard(options.Ports.Console));
        _app = builder.Build();
        _app.UseConsoleGuard();
        _app.MapConsole();
        await _app.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => _app?.StopAsync(cancellationToken) ?? Task.CompletedTask;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _app?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>Wiring.</summary>
public static class LocalConsoleExtensions
{
    /// <summary>Adds the local console.</summary>
    public static IServiceCollection AddLocalConsole(this IServiceCollection services) => services.AddHostedService<LocalConsoleServer>();
}
