using Aspire.Hosting;
using ManagedOAuth.AppHost;
using ManagedOAuth.AppHost.LocalConsole;
using ManagedOAuth.AppHost.Mail;
using ManagedOAuth.AppHost.Seeding;
using ManagedOAuth.AppHost.Topology;

if (!AppHostOptions.TryParse(args, out var options, out var message))
{
    Console.Error.WriteLine(message);
    return message == AppHostOptions.Usage ? 0 : 2;
}
try
{
    using var state = LocalState.Open(options);
    options.Ports.Reserve();
    var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions
    {
        StateDirectory = state.Directory,
        AlsoListensOn = [(options.Ports.Console, "local console")],
    });
    builder.Services.AddSingleton(options).AddSingleton(state);
    builder.Services.AddMailbox();
    builder.Services.AddLocalConsole();
    builder.Services.AddSeeding();
    builder.AddManagedOAuth(options, state);
    await using var app = builder.Build();
    await app.RunAsync();
    return 0;
}
catch (DistributedApplicationException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

/// <summary>The local topology in one command.</summary>
public partial class Program;
