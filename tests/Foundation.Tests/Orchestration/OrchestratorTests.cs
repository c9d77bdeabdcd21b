using System.Net.Http.Json;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Foundation.Tests.Orchestration;

public sealed class OrchestratorTests
{
    private static readonly HttpClient s_client = new();

    [Fact]
    public async Task WaitFor_DependencyIsUnhealthy_StartsOnlyWhenItIsHealthy()
    {
        var flag = Path.Combine(TemporaryFolder.Create("flag"), "healthy");
        var builder = TestApplication.CreateBuilder();
        var first = builder.AddService("first").WithEnvironment("UNHEALTHY_UNTIL", flag);
        builder.AddService("second").WaitFor(first);
        await using var app = await builder.StartedAsync();

        await Eventually.Async(() => app.Snapshot("first") is { Health: ResourceHealth.Unhealthy, HealthDetail: "first_http_/health_200_check: status 503" });
        Assert.Equal(KnownResourceStates.Waiting, app.Snapshot("second").State);
        await File.WriteAllTextAsync(flag, "");

        await app.HealthyAsync("second");
        Assert.True(app.Snapshot("second").StartedAt >= app.Snapshot("first").StartedAt);
    }

    [Fact]
    public async Task Crash_OfAService_IsFollowedByANewProcessOnTheSamePort()
    {
        var builder = TestApplication.CreateBuilder();
        builder.AddService("service");
        await using var app = await builder.StartedAsync();
        await app.HealthyAsync("service");
        var before = app.Snapshot("service");

        await s_client.PostAsync(before.Endpoints["http"] + "/crash", null).ContinueWith(_ => { }, TaskScheduler.Default);

        await Eventually.Async(() => app.Snapshot("service") is { Restarts: 1, Health: ResourceHealth.Healthy });
        var after = app.Snapshot("service");
        Assert.NotEqual(before.ProcessId, after.ProcessId);
        Assert.Equal(before.Endpoints["http"], after.Endpoints["http"]);
        Assert.Equal(3, after.ExitCode);
        Assert.Contains(app.ResourceLogs.GetLines("service"), line => line.Text.Contains("starts again in 0.25 s", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Program_ThatCannotBeStarted_IsReportedAndTriedAgain()
    {
        var builder = TestApplication.CreateBuilder();
        builder.AddExecutable("broken", "/does/not/exist", "/");
        await using var app = await builder.StartedAsync();

        await Eventually.Async(() => app.Snapshot("broken").Restarts >= 2);

        Assert.Contains(app.ResourceLogs.GetLines("broken"), line => line.Text.Contains("/does/not/exist", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Stop_OfTheApplication_EndsDependantsFirst()
    {
        var trace = Path.Combine(TemporaryFolder.Create("trace"), "trace");
        var builder = TestApplication.CreateBuilder();
        var first = builder.AddService("first").WithEnvironment("TRACE", trace);
        var second = builder.AddService("second").WithEnvironment("TRACE", trace).WaitFor(first);
        builder.AddService("third").WithEnvironment("TRACE", trace).WaitFor(second);
        var app = await builder.StartedAsync();
        await app.HealthyAsync("third");

        await app.StopAsync();

        Assert.Equal(["third ended", "second ended", "first ended"], await File.ReadAllLinesAsync(trace));
        Assert.All(app.ResourceNotifications.Current, snapshot => Assert.Equal((KnownResourceStates.Exited, (int?)0), (snapshot.State, snapshot.ExitCode)));
        await app.DisposeAsync();
    }

    [Fact]
    public async Task StopsBefore_DependencyIsNotHealthyYet_StartsAtOnceAndEndsFirst()
    {
        var folder = TemporaryFolder.Create("trace");
        var (trace, flag) = (Path.Combine(folder, "trace"), Path.Combine(folder, "healthy"));
        var builder = TestApplication.CreateBuilder();
        var first = builder.AddService("first").WithEnvironment("TRACE", trace).WithEnvironment("UNHEALTHY_UNTIL", flag);
        builder.AddService("second").WithEnvironment("TRACE", trace).StopsBefore(first);
        var app = await builder.StartedAsync();
        await app.HealthyAsync("second");
        Assert.NotEqual(ResourceHealth.Healthy, app.Snapshot("first").Health);
        await File.WriteAllTextAsync(flag, "");
        await app.HealthyAsync("first");

        await app.StopAsync();

        Assert.Equal(["second ended", "first ended"], await File.ReadAllLinesAsync(trace));
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Stop_WhileServicesWait_ReturnsWithoutStartingThem()
    {
        var builder = TestApplication.CreateBuilder();
        var first = builder.AddService("first").WithEnvironment("UNHEALTHY_UNTIL", "/never");
        builder.AddService("second").WaitFor(first);
        var app = await builder.StartedAsync();

        await app.StopAsync();

        Assert.Null(app.Snapshot("second").StartedAt);
        await app.DisposeAsync();
    }

    [Fact]
    public async Task Restart_OnCommand_StartsANewProcessWithoutAPause()
    {
        var builder = TestApplication.CreateBuilder();
        builder.AddService("service");
        await using var app = await builder.StartedAsync();
        await app.HealthyAsync("service");
        var before = app.Snapshot("service").ProcessId;

        Assert.True(await app.ResourceCommands.ExecuteCommandAsync("service", ResourceCommandService.RestartCommand));

        await Eventually.Async(() => app.Snapshot("service") is { Health: ResourceHealth.Healthy } now && now.ProcessId != before);
        Assert.DoesNotContain(app.ResourceLogs.GetLines("service"), line => line.Text.Contains("starts again", StringComparison.Ordinal));
        Assert.False(await app.ResourceCommands.ExecuteCommandAsync("nobody", ResourceCommandService.RestartCommand));
    }

    [Fact]
    public async Task Replicas_OfAService_HavePortsOfTheirOwnAndAreAllHandedToOthers()
    {
        var builder = TestApplication.CreateBuilder();
        var many = builder.AddService("many").WithReplicas(3);
        builder.AddService("user").WithReference(many).WaitFor(many);
        await using var app = await builder.StartedAsync();
        await app.HealthyAsync("user");

        var environment = await s_client.GetFromJsonAsync<Dictionary<string, string>>(app.Snapshot("user").Endpoints["http"] + "/environment");

        var given = Enumerable.Range(0, 3).Select(n => environment![$"services__many__http__{n}"]).ToList();
        Assert.Equal(["many-1", "many-2", "many-3"], app.ResourceNotifications.Current.Where(s => s.ResourceName == "many").Select(s => s.ResourceId));
        Assert.Equal(3, given.Distinct().Count());
        Assert.Equal(given, app.ResourceNotifications.Current.Where(s => s.ResourceName == "many").Select(s => s.Endpoints["http"]));
    }

    [Fact]
    public async Task Circle_OfWaits_IsRefusedBeforeAnythingStarts()
    {
        var builder = TestApplication.CreateBuilder();
        var first = builder.AddService("first");
        var second = builder.AddService("second").WaitFor(first);
        first.WaitFor(second);

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => builder.StartedAsync());

        Assert.Contains("first -> second -> first", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FixedPort_InUse_IsRefusedWithTheNameOfItsOwner()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, FreePort.Next());
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var builder = TestApplication.CreateBuilder();
        builder.AddService("service").WithSharedHttpEndpoint(port, "public");

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => builder.StartedAsync());

        Assert.Contains($"port {port} (service, public) is in use by process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task PortOfTheHostItself_InUse_IsRefusedBeforeAnythingStarts()
    {
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, FreePort.Next());
        listener.Start();
        var port = ((System.Net.IPEndPoint)listener.LocalEndpoint).Port;
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { AlsoListensOn = [(port, "local console")] });
        builder.AddService("service");
        await using var app = builder.Build();
        app.ResourceLogs.Output = TextWriter.Null;

        var error = await Assert.ThrowsAsync<DistributedApplicationException>(() => app.StartAsync());

        Assert.Contains($"port {port} (local console) is in use by process {Environment.ProcessId}", error.Message, StringComparison.Ordinal);
        Assert.Empty(app.ResourceLogs.GetLines("service"));
    }

    [Fact]
    public async Task Line_OfAProgram_StandsInTheTerminalBehindItsReplicasName()
    {
        var builder = TestApplication.CreateBuilder();
        builder.AddService("single");
        builder.AddService("many").WithReplicas(2);
        await using var app = builder.Build();
        await using var terminal = new StringWriter();
        app.ResourceLogs.Output = terminal;
        await app.StartAsync();
        await app.HealthyAsync("single");
        await app.HealthyAsync("many");
        await app.StopAsync();

        var lines = terminal.ToString().Split(Environment.NewLine);
        Assert.Contains($"{"single",-22} service single starts", lines);
        foreach (var replica in (string[])["many-1", "many-2"])
        {
            Assert.Contains(lines, line => line.StartsWith($"{replica,-22} service ", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void FixedPort_WithReplicas_IsRefused()
    {
        var endpoint = new EndpointAnnotation("http", 8080, "http", shared: false);
        var error = Assert.Throws<InvalidOperationException>(() => endpoint.Allocate(new ExecutableResource("x", "x", "/"), 2));
        Assert.Contains("8080", error.Message, StringComparison.Ordinal);
    }
}
