using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Clients;
using ManagedOAuth.AuthorizationServer.Hosting;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Contracts.Messages;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using Wolverine;

namespace ManagedOAuth.AuthorizationServer.Tests.Clients;

[Collection(ServiceTests.Name)]
public sealed class ClientLifecycleTests(Service service)
{
    [Fact]
    public async Task Expired_WithoutGrant_IsUnknownAndRemoved()
    {
        var client = await AddAsync(expiresIn: TimeSpan.FromMinutes(-1));
        Assert.Null(await FindAsync(client));
        await Housekeeping().RunAsync(default);
        await using var query = Store.QuerySession();
        Assert.Null(await query.LoadAsync<RegisteredClient>(client));
    }

    [Fact]
    public async Task Expired_WithALiveGrant_StaysUntilTheGrantEnds()
    {
        var client = await AddAsync(expiresIn: TimeSpan.FromMinutes(-1));
        var grant = Guid.NewGuid();
        await InvokeAsync(new GrantOpened(grant, Service.Orders.Id, client, Guid.NewGuid(), DateTimeOffset.UtcNow));
        await Housekeeping().RunAsync(default);
        Assert.NotNull(await FindAsync(client));

        // After the last grant people may come back for a while.
        await InvokeAsync(new GrantEnded(grant, Service.Orders.Id, client, Guid.NewGuid(), DateTimeOffset.UtcNow));
        Assert.NotNull(await FindAsync(client));
        await InvokeAsync(new GrantOpened(Guid.NewGuid(), Service.Orders.Id, "", Guid.NewGuid(), DateTimeOffset.UtcNow));
    }

    [Fact]
    public async Task EndedBeforeOpened_DoesNotReviveTheGrant()
    {
        var client = await AddAsync(expiresIn: TimeSpan.FromMinutes(-1));
        var grant = Guid.NewGuid();
        var longAgo = DateTimeOffset.UtcNow - ClientLifetimes.AfterLastGrant - TimeSpan.FromHours(1);
        await InvokeAsync(new GrantEnded(grant, Service.Orders.Id, client, Guid.NewGuid(), longAgo));
        await InvokeAsync(new GrantOpened(grant, Service.Orders.Id, client, Guid.NewGuid(), longAgo));
        Assert.Null(await FindAsync(client));
    }

    [Fact]
    public async Task Authenticate_KnowsClientsOfTheirApplicationWithoutSecret()
    {
        var client = await AddAsync(expiresIn: TimeSpan.FromHours(1));
        using var channel = service.Connect();
        var clients = new Contracts.AuthorizationServer.Clients.ClientsClient(channel);
        async Task<(bool, bool)> Ask(Guid application, string id, string secret)
        {
            var reply = await clients.AuthenticateAsync(
                new AuthenticateClientRequest { ApplicationId = application.ToString(), ClientId = id, ClientSecret = secret }, As("token"));
            return (reply.Known, reply.Authenticated);
        }

        Assert.Equal((true, true), await Ask(Service.Orders.Id, client, ""));
        Assert.Equal((true, false), await Ask(Service.Orders.Id, client, "secret"));
        Assert.Equal((false, false), await Ask(Service.Wiki.Id, client, ""));
        Assert.Equal((false, false), await Ask(Service.Orders.Id, "nobody", ""));

        var denied = await Assert.ThrowsAsync<RpcException>(async () => await clients.AuthenticateAsync(new AuthenticateClientRequest(), As("edge")));
        Assert.Equal(StatusCode.PermissionDenied, denied.StatusCode);
        var nobody = await Assert.ThrowsAsync<RpcException>(async () => await clients.AuthenticateAsync(new AuthenticateClientRequest()));
        Assert.Equal(StatusCode.Unauthenticated, nobody.StatusCode);
    }

    [Fact]
    public async Task Inventory_FindsByNameAndUri_AndARevokedClientStaysGone()
    {
        var client = await AddAsync(expiresIn: TimeSpan.FromHours(1), name: "Inventory Robot", uri: "https://inventory.example/cb");
        await InvokeAsync(new GrantOpened(Guid.NewGuid(), Service.Orders.Id, client, Guid.NewGuid(), DateTimeOffset.UtcNow));
        using var channel = service.Connect();
        var registrations = new Registrations.RegistrationsClient(channel);
        async Task<ListClientsReply> Search(string text, bool active = false, Guid? application = null)
            => await registrations.ListAsync(new ListClientsRequest { Search = text, Active = active, ApplicationId = application?.ToString() ?? "" }, As("config"));

        foreach (var text in (string[])["inventory ROBOT", "inventory.example", client])
        {
            var found = await Search(text, active: true, application: Service.Orders.Id);
            Assert.Equal((1L, client, 1L), (found.TotalCount, found.Clients.Single().ClientId, found.Clients[0].ActiveGrants));
        }

        Assert.Equal(0, (await Search(client, application: Service.Wiki.Id)).TotalCount);
        Assert.Equal(0, (await Search("%")).TotalCount);
        var revoked = await registrations.RevokeAsync(new RevokeClientRequest { ClientId = client, Actor = "user:admin@example.com" }, As("config"));
        Assert.NotNull(revoked.Client.RevokedAt);
        Assert.Equal(["client_registered", "client_revoked"], revoked.Events.Select(entry => entry.Type));
        Assert.Equal("user:admin@example.com", revoked.Events[^1].Actor);
        Assert.Null(await FindAsync(client));
        Assert.Equal(0, (await Search(client)).TotalCount);

        // Whoever had read the registration before may store it once more; twice revoked is once.
        await AddAsync(expiresIn: TimeSpan.FromHours(1), id: client);
        Assert.Null(await FindAsync(client));
        Assert.Equal(0, (await Search(client)).TotalCount);
        Assert.Equal(2, (await registrations.RevokeAsync(new RevokeClientRequest { ClientId = client, Actor = "user:admin@example.com" }, As("config"))).Events.Count);

        // Its grants end even if nobody asks Token for it now.
        await using var command = service.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "select count(*) from messages.queue where receiver = 'token' and message_type = 'client_blocked' and convert_from(body, 'UTF8') like '%' || $1 || '%'");
        command.Parameters.AddWithValue(client);
        Assert.Equal(1L, await command.ExecuteScalarAsync());

        var unknown = await Assert.ThrowsAsync<RpcException>(async () => await registrations.RevokeAsync(new RevokeClientRequest { ClientId = Guid.NewGuid().ToString("N"), Actor = "x" }, As("config")));
        Assert.Equal(StatusCode.NotFound, unknown.StatusCode);
        var denied = await Assert.ThrowsAsync<RpcException>(async () => await registrations.ListAsync(new ListClientsRequest(), As("token")));
        Assert.Equal(StatusCode.PermissionDenied, denied.StatusCode);
    }

    [Fact]
    public async Task Inventory_GivesPages_NewestFirst_AndKnowsAtEachHowManyThereAre()
    {
        var name = $"Paged {Guid.NewGuid():N}";
        var clients = new List<string>();
        for (var index = 0; index < 3; index++)
        {
            clients.Insert(0, await AddAsync(expiresIn: TimeSpan.FromHours(1), name: name));
        }

        using var channel = service.Connect();
        var registrations = new Registrations.RegistrationsClient(channel);
        foreach (var (size, page, expected) in new[] { (2, 1, clients[..2]), (2, 2, clients[2..]), (2, 3, []), (3, 1, clients), (25, 1, clients) })
        {
            var found = await registrations.ListAsync(new ListClientsRequest { Search = name, Page = page, PerPage = size }, As("config"));
            Assert.Equal(expected, found.Clients.Select(client => client.ClientId));
            Assert.Equal(3, found.TotalCount);
        }
    }

    [Theory]
    [InlineData("\0", 1)]
    [InlineData("a\nb", 1)]
    [InlineData(null, 1)]
    [InlineData("", 1001)]
    public async Task Inventory_RefusesWhatItCannotSearchFor_AndPagesBeyondItsLast(string? search, int page)
    {
        using var channel = service.Connect();
        var request = new ListClientsRequest { Search = search ?? new string('a', 257), Page = page };
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await new Registrations.RegistrationsClient(channel).ListAsync(request, As("config")));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
    }

    [Fact]
    public async Task RevokedClient_WithALongHistory_StaysRevoked()
    {
        var client = await AddAsync(expiresIn: TimeSpan.FromHours(1));
        var stream = new Guid(Convert.FromHexString(client));
        var consent = new ConsentGiven(Guid.NewGuid(), "alice@example.com", Service.Orders.Id, "http://localhost/cb", "", "", Guid.NewGuid(), "");
        await using (var session = Store.LightweightSession())
        {
            session.Events.StartStream<Client>(
                stream, [new ClientRegistered(client, Service.Orders.Id, null, ["http://localhost/cb"], [], DateTimeOffset.UtcNow), .. Enumerable.Repeat<object>(consent, 999)]);
            await session.SaveChangesAsync();
        }

        using var channel = service.Connect();
        var registrations = new Registrations.RegistrationsClient(channel);
        var revocation = new RevokeClientRequest { ClientId = client, Actor = "user:admin@example.com" };
        var revoked = await registrations.RevokeAsync(revocation, As("config"));
        await using (var session = Store.LightweightSession())
        {
            // As housekeeping does when nothing of the client is left.
            session.Delete<RevokedClient>(client);
            await session.SaveChangesAsync();
        }

        Assert.Equal(revoked.Client.RevokedAt, (await registrations.RevokeAsync(revocation, As("config"))).Client.RevokedAt);
        await using var query = Store.QuerySession();
        Assert.Equal(1001, (await query.Events.FetchStreamStateAsync(stream))!.Version);
    }

    private IDocumentStore Store => service.Services.GetRequiredService<IDocumentStore>();

    private Grpc.Core.Metadata As(string caller) => new() { { ServiceCredential.Header, service.CredentialOf(caller) } };

    private Housekeeping Housekeeping() => service.Services.GetServices<IHostedService>().OfType<Housekeeping>().Single();

    private Task<RegisteredClient?> FindAsync(string client) => service.Services.GetRequiredService<ClientRegistry>().FindAsync(Service.Orders.Id, client, default);

    private async Task InvokeAsync(object message)
    {
        await using var scope = service.Services.CreateAsyncScope();
        await scope.ServiceProvider.GetRequiredService<IMessageBus>().InvokeAsync(message);
    }

    private async Task<string> AddAsync(TimeSpan expiresIn, string? name = null, string uri = "http://localhost/cb", string? id = null)
    {
        var client = new RegisteredClient
        {
            Id = id ?? Guid.NewGuid().ToString("N"),
            ApplicationId = Service.Orders.Id,
            Name = name,
            RedirectUris = [uri],
            GrantTypes = ["authorization_code"],
            ResponseTypes = ["code"],
            IssuedAt = DateTimeOffset.UtcNow,
            ExpiresAt = DateTimeOffset.UtcNow + expiresIn,
        };
        await service.Services.GetRequiredService<ClientRegistry>().AddAsync(client, default);
        return client.Id;
    }
}
