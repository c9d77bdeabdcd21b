using System.Collections.Immutable;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Access;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>What people may do at the dashboard: <c>dashboard_permissions</c> of the organization.</summary>
public sealed class DashboardPermissionTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    private const string Organization = "/client/v4/accounts/default/access/organizations";
    private static readonly Guid s_readers = Guid.NewGuid();
    private static readonly Guid s_owners = Guid.NewGuid();
    private static readonly Guid s_list = Guid.NewGuid();

    [Fact]
    public void NothingSaid_IsEverything() => Assert.Equal([ApiPermission.Write], Of(null, "anybody@example.com"));

    [Theory]
    [InlineData("reader@example.com", null, "Read")]
    [InlineData("owner@example.com", "mfa", "Write")]
    [InlineData("owner@example.com", null, "")]
    [InlineData("stranger@example.com", null, "")]
    public void Groups_GiveWhatTheySay_AndNobodyElseHasAny(string email, string? method, string expected)
        => Assert.Equal(expected, string.Join(' ', Of(Entries(), email, method)));

    [Fact]
    public void AList_GivesNothing()
        => Assert.Empty(Of([new DashboardPermission { GroupId = s_list, Permissions = [ApiPermission.Write] }], "listed@example.com"));

    [Fact]
    public async Task AReader_SeesThePages_AndTheApiRefusesTheirChanges_AStrangerGetsNone_NobodyRaisesThemselves()
    {
        await host.Api.PostAsJsonAsync(Organization, new JsonObject { ["name"] = "Team", ["auth_domain"] = "localhost:8702" });
        var readers = await GroupAsync("Readers", "reader@example.com");
        var keepers = await GroupAsync("Keepers", "keeper@example.com");
        var entries = new JsonArray(Entry(readers, "read"), Entry(keepers, "organizations_write"));
        Assert.Equal(HttpStatusCode.OK, (await host.Api.PatchAsJsonAsync(Organization, new JsonObject { ["dashboard_permissions"] = entries })).StatusCode);

        using var reader = host.Browse(DashboardBrowser.UserOf("reader@example.com"));
        using var page = await reader.GetAsync("/applications/new");
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        using var refused = await reader.PostAsync("/applications/new", new() { ["/name"] = "Mine", ["/domain"] = "mine.example.com", ["action"] = "save" });
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);

        using var stranger = host.Browse(DashboardBrowser.UserOf("stranger@example.com"));
        using var none = await stranger.GetAsync("/");
        Assert.Equal(HttpStatusCode.Forbidden, none.StatusCode);
        Assert.Contains("no group that has a permission", stranger.Page, StringComparison.Ordinal);

        // Who keeps the organization's settings does not give themselves more, neither by a change nor by a version of before.
        var made = await ConfigHost.ReadAsync(await host.Api.PostAsJsonAsync("/client/v4/accounts/default/tokens", new JsonObject { ["name"] = "keeper", ["permissions"] = new JsonArray("organizations_write") }));
        using var keeper = host.With((string)made["result"]!["value"]!);
        using var raised = await keeper.PatchAsJsonAsync(Organization, new JsonObject { ["dashboard_permissions"] = new JsonArray(Entry(keepers, "write")) });
        Assert.Equal(HttpStatusCode.BadRequest, raised.StatusCode);
        using var other = await keeper.PatchAsJsonAsync(Organization, new JsonObject { ["session_duration"] = "12h" });
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
        using var restored = await keeper.PostAsync($"{Organization}/versions/1/restore", null);
        Assert.Equal(HttpStatusCode.OK, restored.StatusCode);
        var settings = (await ConfigHost.ReadAsync(await host.Api.GetAsync(Organization)))["result"]!;
        Assert.Equal("24h", (string?)settings["session_duration"]);
        Assert.Equal(2, settings["dashboard_permissions"]!.AsArray().Count);

        // A group that gives permissions is not removed; null gives everything back to everybody who is let in.
        Assert.Equal(HttpStatusCode.Conflict, (await host.Api.DeleteAsync($"/client/v4/accounts/default/access/groups/{readers}")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await host.Api.PutAsJsonAsync(Organization, new JsonObject { ["dashboard_permissions"] = null })).StatusCode);
        using var everybody = await stranger.GetAsync("/");
        Assert.Equal(HttpStatusCode.OK, everybody.StatusCode);
    }

    [Fact]
    public async Task WhatDecidesAboutTheDashboard_IsNotChangedByWhoMayNotDoWhatItGives()
    {
        await host.Api.Call("POST", $"{Access}/organizations", """{"name":"Team","auth_domain":"localhost:8702"}""");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/organizations", """{"dashboard_permissions":null}""");
        using var builder = await TokenAsync("apps_and_policies_write");
        using var keeper = await TokenAsync("organizations_write");

        // Nothing protects the dashboard: whoever makes the application that does says who may do everything.
        const string Door = """{"type":"self_hosted","name":"Mine","domain":"localhost:8703","policies":[{"name":"me","decision":"allow","include":[{"email":{"email":"me@example.com"}}]}]}""";
        Assert.Contains("missing: write", await RefusedAsync(builder, "POST", "apps", Door), StringComparison.Ordinal);
        await RefusedAsync(builder, "POST", "apps?dry_run=true", Door);

        var list = await MadeAsync("lists", """{"name":"Trusted","type":"EMAIL","items":[{"value":"owner@example.com"}]}""");
        var inner = await MadeAsync("groups", $$$"""{"name":"Listed","include":[{"email_list":{"id":"{{{list}}}"}}]}""");
        var group = await MadeAsync("groups", $$$"""{"name":"Owners","include":[{"group":{"id":"{{{inner}}}"}}]}""");
        var policy = await MadeAsync("policies", $$$"""{"name":"Owners","decision":"allow","include":[{"group":{"id":"{{{group}}}"}}]}""");
        var door = await MadeAsync("apps", $$"""{"type":"self_hosted","name":"Dashboard","domain":"localhost:8703","policies":["{{policy}}"]}""");
        await RefusedAsync(builder, "PATCH", $"apps/{door}", """{"session_duration":"1h"}""");
        await RefusedAsync(builder, "PATCH", $"apps/{door}", """{"domain":"elsewhere.example.com"}""");
        await RefusedAsync(builder, "POST", $"apps/{door}/policies", """{"name":"me","decision":"allow","include":[{"everyone":{}}]}""");
        await RefusedAsync(builder, "POST", $"apps/{door}/versions/1/restore", null);
        await RefusedAsync(builder, "DELETE", $"apps/{door}", null);
        await RefusedAsync(builder, "PATCH", $"policies/{policy}", """{"include":[{"everyone":{}}]}""");
        await RefusedAsync(builder, "PATCH", $"lists/{list}", """{"append":[{"value":"me@example.com"}]}""");
        await RefusedAsync(keeper, "PATCH", $"groups/{inner}", """{"include":[{"everyone":{}}]}""");
        await builder.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", """{"type":"self_hosted","name":"Other","domain":"other.example.com"}""");
        await keeper.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", """{"name":"Others","include":[{"everyone":{}}]}""");

        // Where the dashboard gives no more than they have, it is theirs to change; who is in the group that gives it, is not everybody's.
        var builders = await MadeAsync("groups", """{"name":"Builders","include":[{"email":{"email":"builder@example.com"}}]}""");
        await host.Api.Must(HttpStatusCode.OK, "PATCH", $"{Access}/organizations", $$"""{"dashboard_permissions":[{"group_id":"{{builders}}","permissions":["apps_and_policies_write"]}]}""");
        await builder.Must(HttpStatusCode.OK, "PATCH", $"{Access}/policies/{policy}", """{"include":[{"everyone":{}}]}""");
        await RefusedAsync(keeper, "PATCH", $"groups/{builders}", """{"include":[{"everyone":{}}]}""");
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/apps/{door}");
    }

    private async Task<string> MadeAsync(string kind, string body)
    {
        var made = await host.Api.Call("POST", kind == "lists" ? $"{Account}/gateway/lists" : $"{Access}/{kind}", body);
        Assert.True(made.Result is not null, made.Body.ToJsonString());
        return (string)made.Result["id"]!;
    }

    private async Task<HttpClient> TokenAsync(string permission)
        => host.With((string)(await host.Api.Must(HttpStatusCode.Created, "POST", $"{Account}/tokens", $$"""{"name":"{{permission}}","permissions":["{{permission}}"]}"""))["value"]!);

    private static async Task<string> RefusedAsync(HttpClient client, string method, string path, string? body)
    {
        var answer = await client.Call(method, path.StartsWith("lists/", StringComparison.Ordinal) ? $"{Account}/gateway/{path}" : $"{Access}/{path}", body);
        Assert.True(answer.Status == HttpStatusCode.Forbidden, $"{method} {path}: {answer.Status} {answer.Body.ToJsonString()}");
        return answer.Body.ToJsonString();
    }

    private static IReadOnlyList<ApiPermission> Of(IReadOnlyList<DashboardPermission>? entries, string email, string? method = null)
        => DashboardAuthority.PermissionsOf(Snapshot(entries), DashboardBrowser.UserOf(email, method).Identity, IPAddress.Loopback);

    private static DashboardPermission[] Entries() =>
    [
        new() { GroupId = s_readers, Permissions = [ApiPermission.Read] },
        new() { GroupId = s_owners, Permissions = [ApiPermission.Write] },
    ];

    private static ConfigurationSnapshot Snapshot(IReadOnlyList<DashboardPermission>? entries) => ConfigurationSnapshot.Empty with
    {
        Organization = new Organization { Id = Guid.NewGuid(), Name = "", AuthDomain = "", DashboardPermissions = entries },
        Lists = ImmutableDictionary<Guid, AccessList>.Empty.Add(s_list, new AccessList { Id = s_list, Name = "", Type = AccessListType.Email, Items = [new AccessListItem("listed@example.com", null, default)] }),
        Groups = new[]
        {
            new Group { Id = s_readers, Name = "readers", Include = [new Rule.Email("reader@example.com")] },
            new Group { Id = s_owners, Name = "owners", Include = [new Rule.Email("owner@example.com")], Require = [new Rule.AuthMethod("mfa")] },
            new Group { Id = s_list, Name = "listed", Include = [new Rule.EmailList(s_list)] },
        }.ToImmutableDictionary(group => group.Id),
    };

    private static JsonObject Entry(string group, string permission) => new() { ["group_id"] = group, ["permissions"] = new JsonArray(permission) };

    private async Task<string> GroupAsync(string name, string email)
    {
        var made = await ConfigHost.ReadAsync(await host.Api.PostAsJsonAsync(
            "/client/v4/accounts/default/access/groups",
            new JsonObject { ["name"] = name, ["include"] = new JsonArray(new JsonObject { ["email"] = new JsonObject { ["email"] = email } }) }));
        return (string)made["result"]!["id"]!;
    }
}
