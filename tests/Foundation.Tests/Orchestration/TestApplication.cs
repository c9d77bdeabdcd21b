using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Hosting;

namespace ManagedOAuth.Foundation.Tests.Orchestration;

/// <summary>Helpers for applications of the test's own service.</summary>
internal static class TestApplication
{
    public static IDistributedApplicationBuilder CreateBuilder() => DistributedApplication.CreateBuilder(new DistributedApplicationOptions());

    public static IResourceBuilder<ProjectResource> AddService(this IDistributedApplicationBuilder builder, string name) =>
        builder.AddProject(name, "Foundation.Tests.csproj").WithArgs("service").WithHttpEndpoint().WithHttpHealthCheck("/health");

    public static async Task<DistributedApplication> StartedAsync(this IDistributedApplicationBuilder builder)
    {
        var app = builder.Build();
        app.ResourceLogs.Output = TextWriter.Null;
        await app.StartAsync();
        return app;
    }

    public static Task HealthyAsync(this DistributedApplication app, string name) =>
        app.ResourceNotifications.WaitForResourceHealthyAsync(name).WaitAsync(Eventually.DefaultDeadline);

    public static ResourceSnapshot Snapshot(this DistributedApplication app, string id) => app.ResourceNotifications.Find(id)!;
}
