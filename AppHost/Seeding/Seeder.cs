using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.ApplicationModel;

namespace ManagedOAuth.AppHost.Seeding;

/// <summary>
/// Waits until everything is healthy, fills an empty configuration through the admin API, and says where things are. A start that was
/// interrupted half-way goes on where it stopped; what a person has changed or removed since stays so.
/// </summary>
internal sealed class Seeder(AppHostOptions options, LocalState state, ResourceNotificationService resources, ResourceLoggerService output, TimeProvider clock) : BackgroundService
{
    private static readonly string[] s_needed = ["postgres", "redis", "config", "authorization-server", "token", "edge", "orders-api", "mcp-server", "notes-server"];

    private const string Servers = "ai-controls/mcp/servers";
    private const int MostAttempts = 10;
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_notesPatience = TimeSpan.FromSeconds(90);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var started = clock.GetTimestamp();
            await Task.WhenAll(s_needed.Select(name => resources.WaitForResourceHealthyAsync(name, stoppingToken)));
            using var api = new AdminApi(LocalPorts.Url(options.Ports.Dashboard), state.AdminToken());
            while (!await api.AnswersAsync(stoppingToken))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100), clock, stoppingToken);
            }
            var first = !File.Exists(state.SeededFile);
            if (options.Seed && first)
            {
                await AgainAsync(() => SeedAsync(api, stoppingToken), stoppingToken);
            }
            output.WriteHost(Welcome.Text(options, state, first, clock.GetElapsedTime(started), SeededFor()));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopped before it was ready.
        }
        catch (Exception e) when (e is AdminApiException or HttpRequestException or OperationCanceledException or JsonException or FormatException) // Protects the host: services run on, and the message says what is missing.
        {
            output.WriteHost($"{Environment.NewLine}The configuration could not be seeded: {e.Message}{Environment.NewLine}Everything runs; the next start tries again.{Environment.NewLine}");
        }
    }

    // On a slow machine a service that is healthy may not answer in time, or not have heard of an object yet. What is there is found the next time, and
    // not made twice.
    private async Task AgainAsync(Func<Task> attempt, CancellationToken ct)
    {
        for (var left = MostAttempts; ; left--)
        {
            try
            {
                await attempt();
                return;
            }
            catch (Exception e) when (left > 1 && (e is HttpRequestException or AdminApiException { MayPass: true } || (e is OperationCanceledException && !ct.IsCancellationRequested)))
            {
                await Task.Delay(s_pause, clock, ct);
            }
        }
    }

    private async Task SeedAsync(AdminApi api, CancellationToken ct)
    {
        var existing = await api.ListAsync("apps", ct);
        (string? Sample, Func<LocalPorts, string, JsonObject> Create)[] plan =
            [("orders-api", SeedPlan.OrdersApi), (null, SeedPlan.BrowserOnly)];

        // The applications of MCP servers have no domain.
        var ours = plan.Select(item => item.Create(options.Ports, "")).Append(SeedPlan.Dashboard(options.Ports, "")).Select(app => app["domain"]!.GetValue<string>())
            .Append(SeedPlan.Portal(options.Ports, "")["hostname"]!.GetValue<string>()).Append("").ToHashSet();
        if (existing.All(app => ours.Contains(app!["domain"]?.GetValue<string>() ?? "")))
        {
            await CreateOrganizationAsync(api, ct);
            var pin = EnsureAsync(api, "identity_providers", "name", SeedPlan.OneTimePin(), ct);
            var policy = (await EnsureAsync(api, "policies", "name", SeedPlan.AllowExample(), ct))["id"]!.GetValue<string>();
            foreach (var (sample, create) in plan)
            {
                var application = await EnsureAsync(api, "apps", "domain", create(options.Ports, policy), ct);
                if (sample is not null)
                {
                    await File.WriteAllTextAsync(state.AudienceFile(sample), application["aud"]!.GetValue<string>(), ct);
                }
            }

            var tools = await EnsureAsync(api, Servers, "id", SeedPlan.ToolsServer(options.Ports, policy), ct);
            await EnsureAsync(api, Servers, "id", SeedPlan.NotesServer(options.Ports, policy), ct);

            // The servers are logged in to and read while the rest is made: that is most of the time.
            await Task.WhenAll(pin, WaitUntilReadAsync(api, "tools", ct), ReadNotesAsync(api, ct), CreateAddressesAsync(api, policy, tools["application_id"]!.GetValue<string>(), ct));
        }
        await File.WriteAllTextAsync(state.SeededFile, options.Ports.Base.ToString(CultureInfo.InvariantCulture), ct);
    }

    private async Task CreateAddressesAsync(AdminApi api, string policy, string tools, CancellationToken ct)
    {
        await EnsureAsync(api, "ai-controls/mcp/portals", "id", SeedPlan.Portal(options.Ports, policy), ct);
        var application = (await api.ListAsync("apps", ct)).First(app => app!["id"]!.GetValue<string>() == tools)!;
        await File.WriteAllTextAsync(state.AudienceFile("mcp-server"), application["aud"]!.GetValue<string>(), ct);

        // Last: until it is there, the API token opens the dashboard.
        var administrators = (await EnsureAsync(api, "policies", "name", SeedPlan.DashboardAdministrators(), ct))["id"]!.GetValue<string>();
        await EnsureAsync(api, "apps", "domain", SeedPlan.Dashboard(options.Ports, administrators), ct);
    }

    // Its tools can be read with a login only. Without them the portal goes on, and the dashboard shows what is missing.
    private async Task ReadNotesAsync(AdminApi api, CancellationToken stopping)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        patience.CancelAfter(s_notesPatience);
        var ct = patience.Token;
        try
        {
            await AgainAsync(() => ConnectNotesAsync(api, ct), ct);
        }
        catch (Exception e) when (e is AdminApiException or HttpRequestException or InvalidOperationException or JsonException or FormatException
            || (e is OperationCanceledException && !stopping.IsCancellationRequested))
        {
            output.WriteHost($"{Environment.NewLine}The sample server \"notes\" could not be connected: {e.Message} Connect it in the dashboard.{Environment.NewLine}");
        }
    }

    private async Task ConnectNotesAsync(AdminApi api, CancellationToken ct)
    {
        var notes = (await api.ListAsync(Servers, ct)).FirstOrDefault(item => item!["id"]!.GetValue<string>() == "notes");
        if (notes?["authentication_status"]?.GetValue<string>() != "connected")
        {
            await NotesAccount.ConnectAsync(api, Servers + "/notes", ct);
        }

        // By itself it is tried again a minute after it was found to need a login.
        await api.CreateAsync(Servers + "/notes/sync", new JsonObject(), ct);
        await WaitUntilReadAsync(api, "notes", ct);
    }

    // Config reads a new server by itself; whoever connects right after the welcome shall find its tools.
    private async Task WaitUntilReadAsync(AdminApi api, string server, CancellationToken ct)
    {
        var started = clock.GetTimestamp();
        while (clock.GetElapsedTime(started) < s_patience
            && (await api.ListAsync(Servers, ct)).FirstOrDefault(item => item!["id"]!.GetValue<string>() == server)?["status"]?.GetValue<string>() != "ready")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), clock, ct);
        }
    }

    private async Task CreateOrganizationAsync(AdminApi api, CancellationToken ct)
    {
        try
        {
            await api.CreateAsync("organizations", SeedPlan.Organization(options.Ports), ct);
        }
        catch (AdminApiException e) when (e.Status == System.Net.HttpStatusCode.Conflict)
        {
            // Set up by an earlier start.
        }
    }

    private static async Task<JsonNode> EnsureAsync(AdminApi api, string kind, string key, JsonObject wanted, CancellationToken ct) =>
        (await api.ListAsync(kind, ct)).FirstOrDefault(item => item?[key]?.GetValue<string>() == wanted[key]!.GetValue<string>()) ?? await api.CreateAsync(kind, wanted, ct);

    /// <summary>The port base of the stored configuration, when it is another than today's.</summary>
    private int? SeededFor() =>
        File.Exists(state.SeededFile) && int.TryParse(File.ReadAllText(state.SeededFile), CultureInfo.InvariantCulture, out var port) && port != options.Ports.Base ? port : null;
}

/// <summary>Wiring.</summary>
public static class SeedingExtensions
{
    /// <summary>Seeds an empty configuration once everything is healthy, and prints the welcome.</summary>
    public static IServiceCollection AddSeeding(this IServiceCollection services) => services.AddHostedService<Seeder>();
}
