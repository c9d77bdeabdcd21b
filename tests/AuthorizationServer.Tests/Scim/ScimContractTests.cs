using System.Net;
using System.Text.Json;
using ManagedOAuth.AuthorizationServer.Scim.Store;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ManagedOAuth.AuthorizationServer.Tests.Scim;

/// <summary>The surface that identity providers meet (RFC 7644), on real sockets and a real database.</summary>
[Collection(ServiceTests.Name)]
public sealed class ScimContractTests(Service service)
{
    private static readonly string[] s_folds = ["mt_doc_scimuser", "mt_doc_scimgroup"];

    [Fact]
    public async Task User_LivesThroughEveryMethod()
    {
        using var scim = await ScimClient.CreateAsync(service);
        var made = await scim.SendAsync("POST", "/Users", """
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"Bjensen@Example.com","externalId":"701984","name":{"givenName":"Barbara","familyName":"Jensen"},
             "emails":[{"value":"bjensen@example.com","type":"work","primary":true}],"active":true,"password":"t1meMa$heen","title":"Guide"}
            """);
        Assert.Equal(201, made.Status);
        Assert.StartsWith("application/scim+json", made.Headers["Content-Type"], StringComparison.Ordinal);
        var (id, location) = (made.Json.GetProperty("id").GetString()!, made.Headers["Location"]);
        Assert.Equal($"{scim.BaseUrl}/Users/{id}", location);
        Assert.Equal(("W/\"1\"", "W/\"1\""), (made.Headers["ETag"], made.Json.GetProperty("meta").GetProperty("version").GetString()));
        Assert.False(made.Json.TryGetProperty("password", out _));
        Assert.Equal("Guide", made.Json.GetProperty("title").GetString());

        Assert.Equal(200, (await scim.GetAsync($"/Users/{id}")).Status);
        Assert.Equal(304, (await scim.GetAsync($"/Users/{id}", ("If-None-Match", "W/\"1\""))).Status);

        var replaced = await scim.SendAsync("PUT", $"/Users/{id}", new { userName = "bjensen@example.com", externalId = "701984", displayName = "Babs" });
        Assert.Equal((200, "Babs", "W/\"2\""), (replaced.Status, replaced.Json.GetProperty("displayName").GetString(), replaced.Headers["ETag"]));
        Assert.False(replaced.Json.TryGetProperty("title", out _));

        Assert.Equal(412, (await scim.SendAsync("PUT", $"/Users/{id}", new { userName = "bjensen@example.com" }, ("If-Match", "W/\"1\""))).Status);
        var patched = await scim.PatchAsync($"/Users/{id}", new { op = "Replace", path = "active", value = "False" });
        Assert.False(patched.Json.GetProperty("active").GetBoolean());
        Assert.Equal(204, (await scim.SendAsync("DELETE", $"/Users/{id}", null)).Status);
        Assert.Equal(404, (await scim.GetAsync($"/Users/{id}")).Status);
        Assert.Equal(404, (await scim.SendAsync("DELETE", $"/Users/{id}", null)).Status);
        Assert.NotEqual(id, await scim.UserAsync("bjensen@example.com"));
    }

    [Fact]
    public async Task Group_LivesThroughEveryMethod_WithItsMembers()
    {
        using var scim = await ScimClient.CreateAsync(service);
        var (a, b) = (await scim.UserAsync("a@example.com"), await scim.UserAsync("b@example.com"));
        var id = await scim.GroupAsync("eng", a);
        Assert.Equal([a], Members(await scim.GetAsync($"/Groups/{id}")));
        Assert.Equal("eng", (await scim.GetAsync($"/Users/{a}")).Json.GetProperty("groups")[0].GetProperty("display").GetString());
        Assert.False((await scim.GetAsync($"/Groups/{id}?excludedAttributes=members")).Json.TryGetProperty("members", out _));

        var added = await scim.PatchAsync($"/Groups/{id}", new { op = "Add", path = "members", value = new[] { new { value = b } } });
        Assert.Equal(new[] { a, b }.Order(), Members(added).Order());
        Assert.Equal([b], Members(await scim.PatchAsync($"/Groups/{id}", new { op = "remove", path = $"members[value eq \"{a}\"]" })));
        var same = await scim.PatchAsync($"/Groups/{id}", new { op = "remove", path = $"members[value eq \"{a}\"]" });
        Assert.Equal((200, added.Status), (same.Status, 200));

        var replaced = await scim.SendAsync("PUT", $"/Groups/{id}", new { displayName = "engineers", members = new[] { new { value = a } } });
        Assert.Equal("engineers", replaced.Json.GetProperty("displayName").GetString());
        Assert.Equal([a], Members(replaced));
        Assert.Equal(400, (await scim.PatchAsync($"/Groups/{id}", new { op = "add", path = "members", value = new[] { new { value = Guid.NewGuid() } } })).Status);

        // A user who is deleted is in no group any more.
        Assert.Equal(204, (await scim.SendAsync("DELETE", $"/Users/{a}", null)).Status);
        Assert.Empty(Members(await scim.GetAsync($"/Groups/{id}")));
        Assert.Equal(204, (await scim.SendAsync("DELETE", $"/Groups/{id}", null)).Status);
        Assert.Equal(404, (await scim.GetAsync($"/Groups/{id}")).Status);
    }

    [Fact]
    public async Task List_IsFilteredAndPaged()
    {
        using var scim = await ScimClient.CreateAsync(service);
        for (var i = 0; i < 5; i++)
        {
            await scim.UserAsync($"user{i}@example.com", active: i % 2 == 0);
        }

        var first = (await scim.GetAsync("/Users?startIndex=1&count=2")).Json;
        Assert.Equal((5, 1, 2), (first.GetProperty("totalResults").GetInt32(), first.GetProperty("startIndex").GetInt32(), first.GetProperty("itemsPerPage").GetInt32()));
        var rest = (await scim.GetAsync("/Users?startIndex=3&count=100")).Json.GetProperty("Resources");
        Assert.Equal(3, rest.GetArrayLength());
        Assert.Equal(0, (await scim.GetAsync("/Users?count=0")).Json.GetProperty("Resources").GetArrayLength());
        Assert.Equal(1, await TotalAsync(scim, "/Users", "userName eq \"USER3@example.com\""));
        Assert.Equal(2, await TotalAsync(scim, "/Users", "active eq false"));
        Assert.Equal(3, await TotalAsync(scim, "/Users", "userName sw \"user\" and not (active eq false)"));
        Assert.Equal(2, await TotalAsync(scim, "/Users", "emails.value eq \"user0@example.com\" or userName co \"user4\""));
        Assert.Equal(0, await TotalAsync(scim, "/Groups", "displayName eq \"nobody\""));
        var refused = await scim.GetAsync("/Users?filter=" + Uri.EscapeDataString("nonsense eq \"x\""));
        Assert.Equal((400, "invalidFilter"), (refused.Status, refused.Json.GetProperty("scimType").GetString()));
    }

    [Theory]
    [InlineData("POST", "/Users", "{}", 400, "invalidValue")]
    [InlineData("POST", "/Users", "[]", 400, "invalidSyntax")]
    [InlineData("POST", "/Users", "{", 400, "invalidSyntax")]
    [InlineData("POST", "/Users", """{"userName":"a","userName":"b"}""", 400, "invalidSyntax")]
    [InlineData("POST", "/Users", """{"userName":5}""", 400, "invalidValue")]
    [InlineData("POST", "/Users", """{"userName":"a","active":"perhaps"}""", 400, "invalidValue")]
    [InlineData("POST", "/Users", """{"userName":"a","title":"x\u0000"}""", 400, "invalidValue")]
    [InlineData("POST", "/Users", """{"userName":"a","x\u0000":"x"}""", 400, "invalidValue")]
    [InlineData("POST", "/Users", """{"userName":"a","title":"\ud800"}""", 400, "invalidValue")]
    [InlineData("POST", "/Users", """{"userName":"a","x\ud800":1}""", 400, "invalidValue")]
    [InlineData("POST", "/Groups", """{"members":[]}""", 400, "invalidValue")]
    [InlineData("POST", "/Groups", """{"displayName":"x","members":[{"value":"no-uuid"}]}""", 400, "invalidValue")]
    [InlineData("PATCH", "/Users/5ba9e9a4-8a4c-4c62-8f3a-9b8f8c0f3d11", """{"Operations":[{"op":"add","path":"title","value":"x"}]}""", 404, null)]
    [InlineData("PUT", "/Users/not-an-id", """{"userName":"a"}""", 404, null)]
    public async Task BadRequest_IsAnErrorInScimsForm_AndLogged(string method, string path, string body, int status, string? type)
    {
        using var scim = await ScimClient.CreateAsync(service);
        var answer = await scim.SendAsync(method, path, body);
        Assert.Equal((status, status.ToString(System.Globalization.CultureInfo.InvariantCulture)), (answer.Status, answer.Json.GetProperty("status").GetString()));
        Assert.Equal("urn:ietf:params:scim:api:messages:2.0:Error", answer.Json.GetProperty("schemas")[0].GetString());
        Assert.Equal(type, answer.Json.TryGetProperty("scimType", out var given) ? given.GetString() : null);
        var line = Assert.Single(await LogAsync(scim));
        Assert.Equal((false, answer.Json.GetProperty("detail").GetString()), (line.GetProperty("success").GetBoolean(), line.GetProperty("error").GetString()));
    }

    [Fact]
    public async Task UserName_IsTakenOnce_AlsoWhenManyAskAtOnce()
    {
        using var scim = await ScimClient.CreateAsync(service);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => scim.SendAsync("POST", "/Users", new { userName = "same@example.com" })));
        Assert.Single(answers, answer => answer.Status == 201);
        Assert.All(answers.Where(answer => answer.Status != 201), answer => Assert.Equal((409, "uniqueness"), (answer.Status, answer.Json.GetProperty("scimType").GetString())));
    }

    [Fact]
    public async Task Members_AddedByManyRequestsAtOnce_AreAllThere()
    {
        using var scim = await ScimClient.CreateAsync(service);
        var users = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            users.Add(await scim.UserAsync($"m{i}@example.com"));
        }

        var group = await scim.GroupAsync("all");
        var answers = await Task.WhenAll(users.Select(user => scim.PatchAsync($"/Groups/{group}", new { op = "add", path = "members", value = new[] { new { value = user } } })));
        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal(users.Order(), Members(await scim.GetAsync($"/Groups/{group}")).Order());
    }

    [Fact]
    public async Task Group_HasSoManyMembersInAll_NotInEachStep()
    {
        using var scim = await ScimClient.CreateAsync(service);
        var group = await scim.GroupAsync("many");
        object[] operations = [.. Enumerable.Range(0, 2).Select(_ => new { op = "add", path = "members", value = Enumerable.Range(0, 6000).Select(_ => new { value = Guid.NewGuid() }) })];
        var refused = await scim.PatchAsync($"/Groups/{group}", operations);
        Assert.Equal((400, "tooMany"), (refused.Status, refused.Json.GetProperty("scimType").GetString()));
    }

    [Fact]
    public async Task ListOfLargeGroups_LeavesMembersOut_WhereTheyWouldBeTooMany()
    {
        using var scim = await ScimClient.CreateAsync(service);
        var user = await scim.UserAsync("member@example.com");
        string[] ids = [await scim.GroupAsync("first", user), await scim.GroupAsync("second", user)];
        await using (var unit = service.Services.GetRequiredService<IDocumentStore>().LightweightSession())
        {
            foreach (var id in ids)
            {
                unit.Events.Append(Guid.Parse(id), new ScimGroupMembersChanged([.. Enumerable.Range(0, 6000).Select(_ => Guid.NewGuid())], [], DateTimeOffset.UtcNow));
            }

            await unit.SaveChangesAsync();
        }

        var shown = (await scim.GetAsync("/Groups")).Json.GetProperty("Resources").EnumerateArray().ToList();
        Assert.Equal([true, false], shown.Select(group => group.TryGetProperty("members", out _)));
        foreach (var id in ids)
        {
            Assert.Equal([user], Members(await scim.GetAsync($"/Groups/{id}")));
        }
    }

    [Fact]
    public async Task UserRemovedWhileTheyJoined_IsNotShownAsAMember()
    {
        using var scim = await ScimClient.CreateAsync(service);
        var user = await scim.UserAsync("gone@example.com");
        var group = await scim.GroupAsync("left");
        await scim.SendAsync("DELETE", $"/Users/{user}", null);
        await using (var unit = service.Services.GetRequiredService<IDocumentStore>().LightweightSession())
        {
            unit.Store(ScimMembership.Of(Guid.Parse(group), Guid.Parse(user)));
            await unit.SaveChangesAsync();
        }

        Assert.Empty(Members(await scim.GetAsync($"/Groups/{group}")));
    }

    [Fact]
    public async Task UsersAndGroups_FoldedAgainFromTheirEvents_AreTheSame()
    {
        using var scim = await ScimClient.CreateAsync(service);
        var (stays, leaves) = (await scim.UserAsync("stays@example.com"), await scim.UserAsync("leaves@example.com"));
        var group = await scim.GroupAsync("eng", stays, leaves);
        await scim.PatchAsync($"/Users/{stays}", new { op = "replace", path = "userName", value = "renamed@example.com" }, new { op = "replace", path = "active", value = false });
        await scim.PatchAsync($"/Groups/{group}", new { op = "replace", path = "displayName", value = "engineers" });
        await scim.SendAsync("DELETE", $"/Users/{leaves}", null);
        var database = service.Services.GetRequiredService<NpgsqlDataSource>();
        var before = await FoldsAsync();
        Assert.Equal(3, before.Count);
        await using (var drop = database.CreateCommand(string.Concat(s_folds.Select(table => $"delete from authorization_server.{table} where data ->> 'providerId' = '{scim.Provider.Id}';"))))
        {
            await drop.ExecuteNonQueryAsync();
        }

        Assert.Empty(await FoldsAsync());
        var store = service.Services.GetRequiredService<IDocumentStore>();

        // Every other fold that this service comes to have needs a test like this.
        Assert.Equal(s_folds.Order(StringComparer.Ordinal), await FoldedRows.TablesAsync(database, "authorization_server"));
        foreach (var name in store.Advanced.ProjectionNames)
        {
            await store.Advanced.RebuildProjectionAsync(name);
        }

        Assert.Equal(before, await FoldsAsync());

        async Task<List<string>> FoldsAsync()
        {
            await using var command = database.CreateCommand(
                string.Join(" union all ", s_folds.Select(table => $"select id || ' ' || mt_version || ' ' || data from authorization_server.{table} where data ->> 'providerId' = '{scim.Provider.Id}'")) + " order by 1");
            await using var reader = await command.ExecuteReaderAsync();
            var rows = new List<string>();
            while (await reader.ReadAsync())
            {
                rows.Add(reader.GetString(0));
            }

            return rows;
        }
    }

    [Fact]
    public async Task Secret_OpensItsOwnProviderAlone()
    {
        using var scim = await ScimClient.CreateAsync(service);
        using var other = await ScimClient.CreateAsync(service);
        var user = await scim.UserAsync("own@example.com");
        foreach (var authorization in new[] { "", "Bearer ", "Bearer wrong", "Bearer " + other.Secret, "Basic " + scim.Secret, "Bearer " + scim.Secret.ToUpperInvariant() })
        {
            var refused = await scim.GetAsync("/Users", ("Authorization", authorization));
            Assert.Equal((401, "Bearer"), (refused.Status, refused.Headers["WWW-Authenticate"]));
        }

        Assert.Equal(404, (await other.GetAsync($"/Users/{user}")).Status);
        Assert.Equal(404, (await other.SendAsync("DELETE", $"/Users/{user}", null)).Status);
        Assert.Equal(400, (await other.SendAsync("POST", "/Groups", new { displayName = "thieves", members = new[] { new { value = user } } })).Status);

        await service.ConfigureAsync(feed => feed.Put(scim.Provider with { ScimConfig = scim.Provider.ScimConfig! with { Enabled = false } }));
        Assert.Equal(401, (await scim.GetAsync("/Users")).Status);
    }

    [Fact]
    public async Task Discovery_TellsWhatThereIs()
    {
        using var scim = await ScimClient.CreateAsync(service);
        var config = (await scim.GetAsync("/ServiceProviderConfig")).Json;
        Assert.True(config.GetProperty("patch").GetProperty("supported").GetBoolean());
        Assert.False(config.GetProperty("bulk").GetProperty("supported").GetBoolean());
        Assert.Equal(["User", "Group"], (await scim.GetAsync("/ResourceTypes")).Json.GetProperty("Resources").EnumerateArray().Select(type => type.GetProperty("id").GetString()));
        Assert.Equal(200, (await scim.GetAsync("/Schemas/urn:ietf:params:scim:schemas:core:2.0:User")).Status);
        Assert.Equal(404, (await scim.GetAsync("/Schemas/urn:nothing")).Status);
    }

    [Fact]
    public async Task Admin_SeesUsersGroupsAndTheLog()
    {
        using var scim = await ScimClient.CreateAsync(service);
        var email = $"seen-{Guid.NewGuid():N}@example.com";
        var user = await scim.UserAsync(email);
        await scim.GroupAsync("staff", user);
        await scim.SendAsync("POST", "/Users", new { userName = email });

        using var channel = service.Connect();
        var queries = new ScimQueries.ScimQueriesClient(channel);
        var asConfig = new Grpc.Core.Metadata { { ServiceCredential.Header, service.CredentialOf("config") } };
        var provider = scim.Provider.Id.ToString();
        var seen = Assert.Single((await queries.UsersAsync(new ScimListRequest { ProviderId = provider, Equal = { ["emails"] = email } }, asConfig)).Users);
        Assert.Equal((user, email, "staff"), (seen.Id, seen.UserName, Assert.Single(seen.Groups)));
        Assert.Equal(1, Assert.Single((await queries.GroupsAsync(new ScimListRequest { ProviderId = provider }, asConfig)).Groups).Members);
        var log = await LogAsync(scim);
        Assert.Equal([true, true, false], log.Select(line => line.GetProperty("success").GetBoolean()));
        Assert.Contains("userName", log[2].GetProperty("error").GetString(), StringComparison.Ordinal);

        // The directory shows somebody who has never come.
        var people = await new UserQueries.UserQueriesClient(channel).ListAsync(new ListUsersRequest { Email = email }, asConfig);
        Assert.Null(Assert.Single(people.Users).LastLoginAt);
        Assert.True(Assert.Single(people.Users[0].Provisioned).Active);
        await scim.SendAsync("DELETE", $"/Users/{user}", null);
        Assert.Empty((await new UserQueries.UserQueriesClient(channel).ListAsync(new ListUsersRequest { Email = email }, asConfig)).Users);
    }

    private async Task<IReadOnlyList<JsonElement>> LogAsync(ScimClient scim)
    {
        using var channel = service.Connect();
        var reply = await new ScimQueries.ScimQueriesClient(channel).UpdatesAsync(
            new ScimUpdatesRequest { ProviderIds = { scim.Provider.Id.ToString() }, OldestFirst = true },
            new Grpc.Core.Metadata { { ServiceCredential.Header, service.CredentialOf("config") } });
        return [.. reply.Updates.Select(line => JsonDocument.Parse(line.ToStringUtf8()).RootElement)];
    }

    private static IEnumerable<string> Members(Answer answer) => answer.Json.GetProperty("members").EnumerateArray().Select(member => member.GetProperty("value").GetString()!);

    private static async Task<int> TotalAsync(ScimClient scim, string path, string filter)
        => (await scim.GetAsync($"{path}?filter={Uri.EscapeDataString(filter)}")).Json.GetProperty("totalResults").GetInt32();
}
