using System.Globalization;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Local;

namespace ManagedOAuth.AppHost.Mail;

/// <summary>Wiring of the mailbox.</summary>
public static class MailExtensions
{
    /// <summary>Adds the mailbox and the sink that fills it.</summary>
    public static IServiceCollection AddMailbox(this IServiceCollection services) =>
        services.AddSingleton<Mailbox>().AddSingleton(new SmtpSinkAddress(FreePort.Next())).AddHostedService<SmtpSink>();

    /// <summary>Lets a service send its mails there.</summary>
    public static IResourceBuilder<ProjectResource> WithMailbox(this IResourceBuilder<ProjectResource> builder)
    {
        var address = (SmtpSinkAddress)builder.ApplicationBuilder.Services.Single(service => service.ServiceType == typeof(SmtpSinkAddress)).ImplementationInstance!;
        return builder
            .WithEnvironment("Smtp__Host", "127.0.0.1")
            .WithEnvironment("Smtp__Port", address.Port.ToString(CultureInfo.InvariantCulture))
            .WithEnvironment("Smtp__From", "no-reply@localhost");
    }
}
