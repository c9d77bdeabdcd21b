using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.AuthorizationServer.Upstream.OAuth;
using ManagedOAuth.AuthorizationServer.Upstream.Vault;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Upstream;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ManagedOAuth.AuthorizationServer.Tests.Upstream;

/// <summary>
/// A service of its own with a portal over MCP servers: <c>notes</c> and <c>files</c> (each user logs in), <c>wiki</c> (a fixed credential),
/// <c>open</c> (nothing asked), <c>secret</c> (visible to nobody but its owner).
/// </summary>
public sealed class UpstreamHost : IAsyncLifetime
{
    public const string Portal = "http://localhost:8791";
    public const string OtherPortal = "http://localhost:8792";

    public Service Service { get; } = new();

    internal ScriptedUpstream Notes { get; private set; } = null!;

    internal ScriptedUpstream Files { get; private set; } = null!;

    internal static McpServer Server(string id, string url, McpAuthType type = McpAuthType.Oauth)
        => new() { Id = s_ids.GetOrAdd(id, _ => Guid.NewGuid()), ServerId = id, Name = $"Server <{id}>", Hostname = url, AuthType = type };

    internal static Guid IdOf(string server) => s_ids[server];

    public async Task InitializeAsync()
    {
        await Service.InitializeAsync();
        (Notes, Files) = (await ScriptedUpstream.StartAsync(), await ScriptedUpstream.StartAsync());
        await ResetAsync();
    }

    public async Task DisposeAsync()
    {
        await Notes.DisposeAsync();
        await Files.DisposeAsync();
        await Service.DisposeAsync();
    }

    /// <summary>Honest servers, and the configuration that every test finds.</summary>
    internal Task ResetAsync(Func<McpServer, McpServer>? change = null)
    {
        Notes.Reset();
        Files.Reset();
        return Service.ConfigureAsync(feed =>
        {
            var servers = new[]
            {
                Server("notes", Notes.Endpoint),
                Server("files", Files.Endpoint),
                Server("wiki", "https://wiki.test/mcp", McpAuthType.Bearer) with { Headers = new Dictionary<string, string> { ["X-Api-Key"] = "k1" } },
                Server("open", "https://open.test/mcp", McpAuthType.Unauthenticated),
                Server("secret", "https://secret.test/mcp"),
            };
            feed.Put(s_owner);
            foreach (var server in servers)
            {
                feed.Put(change is null ? server : change(server));
                feed.Put(new Application
                {
                    Id = s_ids.GetOrAdd("app " + server.ServerId, _ => Guid.NewGuid()),
                    Aud = "",
                    Name = server.Name,
                    Domain = "",
                    Type = ApplicationType.Mcp,
                    Destinations = [new Destination("via_mcp_server_portal", "") { McpServerId = server.ServerId }],
                    Policies = [new PolicyReference(server.ServerId == "secret" ? s_owner.Id : Service.AllowExample.Id, 1)],
                });
            }

            foreach (var application in s_applications)
            {
                feed.Put(application);
                feed.Put(new McpPortal
                {
                    Id = s_ids.GetOrAdd("portal " + application.Name, _ => Guid.NewGuid()),
                    PortalId = application.Name.ToLowerInvariant(),
                    Name = application.Name,
                    Hostname = application.Domain,
                    ApplicationId = application.Id,
                    Servers = [.. servers.Select(server => new McpPortalServer { ServerId = server.ServerId })],
                });
            }
        });
    }

    internal static Guid PortalId => s_ids["portal Engineering"];

    internal static Guid PortalApplication => s_applications[0].Id;

    internal static Identity User(string? email = null) => new()
    {
        UserId = Guid.NewGuid(),
        Email = email ?? $"user-{Guid.NewGuid():N}@example.com",
        IdentityProviderId = Service.Pin.Id,
        IdentityProviderType = "onetimepin",
        AuthenticatedAt = DateTimeOffset.UtcNow,
    };

    internal Browser Browser(Identity user) => new(Service) { Portals = s_applications, User = user };

    /// <summary>Clicks Connect; gives the address at the authorization server.</summary>
    internal static async Task<string> LeaveAsync(Browser browser, string server = "notes", string portal = Portal)
    {
        var answer = await browser.SubmitAsync(await browser.GetAsync(portal + "/authorize"), ("action", "connect"), ("server", server));
        Assert.Equal((200, $"0; url={LinkOf(answer)}"), (answer.Status, answer.Headers.GetValueOrDefault("Refresh")));
        return LinkOf(answer);
    }

    /// <summary>All the way: the user is connected.</summary>
    internal async Task ConnectAsync(Browser browser, string server = "notes")
    {
        var back = await browser.GetAsync((server == "notes" ? Notes : Files).LogIn(await LeaveAsync(browser, server)));
        Assert.Equal((303, $"/authorize?connected={server}"), (back.Status, back.Location));
    }

    /// <summary>An administrator connects <c>notes</c> for everybody; gives the address at the authorization server.</summary>
    internal async Task<string> ConnectSharedAsync()
    {
        using var browser = Browser(User());
        var reply = await CallAsync("config", (client, options) => client.ConnectAsync(new ConnectRequest { ServerId = IdOf("notes").ToString(), Actor = "admin" }, options));
        var leaving = LinkOf(await browser.SubmitAsync(await browser.GetAsync(reply.Url)));
        Assert.Equal(200, (await browser.GetAsync(Notes.LogIn(leaving))).Status);
        return leaving;
    }

    /// <summary>Nobody is connected to <c>notes</c> for everybody any more.</summary>
    internal Task ForgetSharedAsync()
        => CallAsync("config", (client, options) => client.ForgetAsync(new ForgetRequest { ServerId = IdOf("notes").ToString(), Actor = "admin" }, options));

    internal static string LinkOf(Answer answer) => WebUtility.HtmlDecode(Regex.Match(answer.Body, "<a class=\"button\" href=\"([^\"]+)\"").Groups[1].Value);

    internal Task<UpstreamCredentialReply> GetAsync(Identity? user, string server = "notes", string refused = "", string caller = "edge", string? address = null) => CallAsync(
        caller, (client, options) => client.GetAsync(new UpstreamCredentialRequest { ServerId = IdOf(server).ToString(), UserId = user?.UserId.ToString() ?? "", Refused = refused }, options), address);

    /// <summary>Asks the service, or another replica of it.</summary>
    internal async Task<T> CallAsync<T>(string caller, Func<UpstreamCredentials.UpstreamCredentialsClient, CallOptions, AsyncUnaryCall<T>> call, string? address = null)
    {
        using var channel = Service.Connect(address);
        return await call(new UpstreamCredentials.UpstreamCredentialsClient(channel), new CallOptions(
            new Grpc.Core.Metadata { { "x-managedoauth-service", Service.CredentialOf(caller) } }, DateTime.UtcNow.AddMinutes(2)));
    }

    /// <summary>Lets time pass for the user's login at <c>notes</c>.</summary>
    internal async Task AgeAsync(Identity user, TimeSpan age)
    {
        await using var unit = Service.Services.GetRequiredService<IDocumentStore>().LightweightSession();
        var login = (await unit.LoadAsync<UpstreamLogin>(UpstreamLogin.IdOf(IdOf("notes"), user.UserId)))!;
        unit.Store(login with { ExpiresAt = login.ExpiresAt - age, RefreshedAt = login.RefreshedAt - age, ConnectedAt = login.ConnectedAt - age, UsedAt = login.UsedAt - age, TurnEndsAt = login.TurnEndsAt - age });
        await unit.SaveChangesAsync();
    }

    internal async Task<IReadOnlyList<UpstreamLogin>> LoginsOfAsync(Identity user)
    {
        await using var query = Service.Services.GetRequiredService<IDocumentStore>().QuerySession();
        return await query.QueryAsync<UpstreamLogin>("where data ->> 'userId' = ?", default, user.UserId.ToString());
    }

    /// <summary>Names of the events of the user's login at <c>notes</c>.</summary>
    internal async Task<IReadOnlyList<string>> EventsOfAsync(Identity user)
    {
        await using var query = Service.Services.GetRequiredService<IDocumentStore>().QuerySession();
        return [.. (await query.Events.FetchStreamAsync(UpstreamLogin.IdOf(IdOf("notes"), user.UserId))).Select(entry => entry.EventTypeName)];
    }

    /// <summary>What is on its way to Config about a user's logins, in the order in which it happened.</summary>
    internal async Task<IReadOnlyList<UpstreamLoginChanged>> ToldAsync(Identity? user)
    {
        var told = new List<UpstreamLoginChanged>();
        await using var command = Service.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "select convert_from(body, 'UTF8') from messages.queue where receiver = 'config' and message_type = 'upstream_login_changed' order by seq");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            told.Add(JsonSerializer.Deserialize<UpstreamLoginChanged>(reader.GetString(0), JsonSerializerOptions.Web)!);
        }

        return [.. told.Where(message => message.UserId == user?.UserId)];
    }

    /// <summary>Every server is new to this product.</summary>
    internal async Task ResetRegistrationsAsync()
    {
        await using var unit = Service.Services.GetRequiredService<IDocumentStore>().LightweightSession();
        unit.DeleteWhere<UpstreamRegistration>("where true");
        Notes.Registrations.Clear();
        Files.Registrations.Clear();
        await unit.SaveChangesAsync();
    }

    private static readonly System.Collections.Concurrent.ConcurrentDictionary<string, Guid> s_ids = new();
    private static readonly Policy s_owner = new() { Id = Guid.NewGuid(), Name = "Owner", Decision = PolicyAction.Allow, Include = [new Rule.Email("owner@example.com")] };
    private static readonly Application[] s_applications = [App("Engineering", "localhost:8791"), App("Other", "localhost:8792")];

    private static Application App(string name, string domain) => new()
    {
        Id = Guid.NewGuid(),
        Aud = "",
        Name = name,
        Domain = domain,
        Type = ApplicationType.McpPortal,
        OauthConfiguration = new OAuthConfiguration(),
        Policies = [new PolicyReference(Service.AllowExample.Id, 1)],
    };
}

/// <summary>One host for all tests with upstream servers: they change what the servers do, so they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class UpstreamTests : ICollectionFixture<UpstreamHost>
{
    public const string Name = "upstream";
}
