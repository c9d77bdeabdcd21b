using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Npgsql;

namespace ManagedOAuth.EndToEnd.Tests.MainJob;

/// <summary>A topology whose telemetry goes to a collector of the test.</summary>
public sealed class ObservedTopology() : LocalTopology("token=1,edge=1")
{
    private readonly MemoryStream _telemetry = new();
    private readonly int _port = FreePort.Next();
    private WebApplication? _collector;

    /// <summary>Everything that was exported, protobuf as it came: texts stand in it as they are.</summary>
    public string Telemetry
    {
        get
        {
            lock (_telemetry)
            {
                return Encoding.Latin1.GetString(_telemetry.ToArray());
            }
        }
    }

    public override async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}"));
        _collector = builder.Build();
        _collector.Map("/{**path}", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            lock (_telemetry)
            {
                body.WriteTo(_telemetry);
            }
        });
        await _collector.StartAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _collector!.DisposeAsync();
    }

    protected override void Configure(ProcessStartInfo start)
    {
        ArgumentNullException.ThrowIfNull(start);
        start.Environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_port}");
        start.Environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf";
        start.Environment["OTEL_BSP_SCHEDULE_DELAY"] = "500";
        start.Environment["OTEL_BLRP_SCHEDULE_DELAY"] = "500";
    }
}

/// <summary>After a whole life of a grant, every secret of it is looked for in tables, logs, telemetry, and all that Redis was ever told.</summary>
public sealed class SecretsTests(ObservedTopology topology) : IClassFixture<ObservedTopology>
{
    [Fact]
    public async Task NoSecret_IsInAnyEventTableLogTraceOrRedis_AndTheEventsReadBackInOrder()
    {
        const string Address = "canary@example.com";
        await using var redis = await RedisMonitor.StartAsync(topology);
        using var user = new ScriptedBrowser(Address, topology.Mailbox);
        using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
        await client.DiscoverAsync();
        await client.RegisterAsync();
        var (code, verifier) = await client.AuthorizeAsync(user);
        var tokens = await client.RedeemAsync(code, verifier);
        string assertion;
        using (var answer = await client.GetAsync("/orders?access_token=mo_at_canary-in-the-query", tokens.AccessToken))
        {
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }

        using (var echo = await client.GetAsync("/echo", tokens.AccessToken))
        {
            assertion = Assert.Single(OriginEcho.Headers(await echo.Content.ReadFromJsonAsync<JsonElement>(), "Cf-Access-Jwt-Assertion"));
        }

        var refreshed = await client.RefreshAsync(tokens.RefreshToken);
        Assert.Equal(HttpStatusCode.OK, await client.RevokeAsync(refreshed.RefreshToken));
        await client.TryRefreshAsync(refreshed.RefreshToken);
        await user.OpenAsync(topology.Plain);

        var grant = Assert.Single(await topology.Admin.GrantsAsync(Address), found => (string?)found["kind"] == "oauth");
        var events = await topology.Admin.EventsAsync((string)grant["id"]!);
        Assert.Equal(["grant_issued", "grant_refreshed", "grant_revoked"], events.Select(e => (string?)e["type"]));
        Assert.All(events.Take(2), e => Assert.Contains("Allow example.com", e.ToJsonString(), StringComparison.Ordinal));

        var secrets = new Dictionary<string, string>
        {
            ["code"] = code, ["verifier"] = verifier, ["access token"] = tokens.AccessToken, ["refresh token"] = tokens.RefreshToken,
            ["second access token"] = refreshed.AccessToken, ["second refresh token"] = refreshed.RefreshToken, ["admin token"] = topology.AdminToken,
            ["query canary"] = "canary-in-the-query", ["state"] = client.State, ["assertion"] = assertion,
        };
        await AddMachineSecretsAsync(secrets);

        // The session's cookies: the assertion of the application without Managed OAuth, the team's session, what ties a login to its browser.
        Assert.Contains(user.Cookies, cookie => cookie.Name.StartsWith("CF_Authorization", StringComparison.Ordinal));
        foreach (var cookie in user.Cookies.Where(cookie => cookie.Value.Length >= 20))
        {
            secrets[$"cookie {cookie.Name}"] = cookie.Value;
        }

        // Logs, spans and commands come through pipes of their own; what is searched below has to tell of this very flow.
        await Eventually.Async(() => topology.Telemetry is var told && told.Contains("authorization-server", StringComparison.Ordinal) && told.Contains("edge", StringComparison.Ordinal)
            && told.Contains("/cdn-cgi/access/oauth/token", StringComparison.Ordinal) && topology.Output.Contains((string)grant["id"]!, StringComparison.Ordinal)
            && redis.Seen.Contains(Address, StringComparison.Ordinal));
        var places = new Dictionary<string, string> { ["a table"] = await DumpAsync(), ["the telemetry"] = topology.Telemetry, ["a log"] = topology.Output, ["Redis"] = redis.Seen };
        Assert.All(["a table", "Redis"], place => Assert.Contains(Address, places[place], StringComparison.Ordinal));

        // What is searched does tell of this very flow.
        Assert.Contains((string)grant["id"]!, places["a log"], StringComparison.Ordinal);
        Assert.Contains("/cdn-cgi/access/oauth/token", places["the telemetry"], StringComparison.Ordinal);
        foreach (var (place, text) in places)
        {
            foreach (var (name, secret) in secrets.Where(secret => (place, secret.Key) is not (("a log", "admin token") or ("Redis", "state"))))
            {
                // The random part alone would be as bad as the whole. (AppHost prints the admin token on purpose. A login in flight waits in Redis
                // with the state that goes back to its client.)
                Assert.False(text.Contains(secret[^Math.Min(24, secret.Length)..], StringComparison.Ordinal), $"{name} is in {place}");
            }

            // Six digits alone: not as part of a longer number, a time or an id in hexadecimal digits.
            Assert.All(user.Pins, pin => Assert.DoesNotMatch($@"(?<![\da-f.:\-]){pin}(?![\da-f.:\-])", text));
        }

        Assert.Single(user.Pins);
        Assert.DoesNotMatch("-----BEGIN [A-Z ]*PRIVATE KEY", places["a table"]);
    }

    // A service token, and an identity provider with a secret of its own and one for its provisioning: each is made and used.
    private async Task AddMachineSecretsAsync(Dictionary<string, string> secrets)
    {
        using var http = new HttpClient();
        var token = await topology.Admin.PostAsync("service_tokens", new JsonObject { ["name"] = "canary" });
        secrets["service token"] = (string)token["client_secret"]!;
        using (var request = new HttpRequestMessage(HttpMethod.Get, new Uri(topology.Orders, "/orders")) { Headers = { { "CF-Access-Client-Id", (string)token["client_id"]! }, { "CF-Access-Client-Secret", secrets["service token"] } } })
        using (await http.SendAsync(request))
        {
        }

        secrets["provider secret"] = "canary-" + Guid.NewGuid().ToString("N");
        var provider = await topology.Admin.PostAsync("identity_providers", new JsonObject
        {
            ["name"] = "Canary",
            ["type"] = "oidc",
            ["config"] = new JsonObject { ["client_id"] = "canary", ["client_secret"] = secrets["provider secret"], ["issuer_url"] = topology.Team.ToString().TrimEnd('/') },
            ["scim_config"] = new JsonObject { ["enabled"] = true },
        });
        secrets["provisioning secret"] = (string)provider["scim_config"]!["secret"]!;
        using var scim = new HttpRequestMessage(HttpMethod.Get, (string)provider["scim_config"]!["scim_base_url"]! + "/ServiceProviderConfig");
        scim.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secrets["provisioning secret"]);
        using (await http.SendAsync(scim))
        {
        }
    }

    // Every row of every table of every schema of ours, as text.
    private async Task<string> DumpAsync()
    {
        var text = new StringBuilder();
        await using var connection = await OpenAsync();
        var tables = new List<string>();
        await using (var command = new NpgsqlCommand("select format('%I.%I', table_schema, table_name) from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'", connection))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        Assert.Contains(tables, table => table.EndsWith("mt_events", StringComparison.Ordinal));
        foreach (var table in tables)
        {
            await using var command = new NpgsqlCommand($"select t::text from {table} t", connection);
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync())
            {
                text.AppendLine(reader.GetString(0));
            }
        }

        return text.ToString();
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var endpoint = await topology.PostgresAsync();
        var connection = new NpgsqlConnection(endpoint);
        await connection.OpenAsync();
        return connection;
    }
}
