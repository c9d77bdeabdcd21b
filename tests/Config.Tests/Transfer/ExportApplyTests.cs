using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Transfer;

public sealed class ExportApplyTests(TransferHosts hosts) : IClassFixture<TransferHosts>
{
    private HttpClient From => hosts.From.Api;

    private HttpClient To => hosts.To.Api;

    private HttpClient Other => hosts.Other.Api;

    [Fact]
    public async Task File_OfEveryKind_AppliedToAnEmptyOrganization_GivesTheSameConfiguration()
    {
        await hosts.FillAsync(() => FillAsync(From));
        var file = await ExportAsync(From);
        Assert.DoesNotContain("hush", file.ToJsonString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret_hash", file.ToJsonString(), StringComparison.Ordinal);

        // Secrets that cannot be made anew have to be in the file.
        var refused = await To.Call("POST", $"{Access}/apply", file.ToJsonString());
        Assert.Equal((HttpStatusCode.BadRequest, "/objects/identity_provider/0/config/client_secret"), (refused.Status, Pointer(refused)));
        Assert.Empty((await ExportAsync(To))["objects"]!.AsObject().SelectMany(kind => kind.Value!.AsArray()));

        file["objects"]!["identity_provider"]![0]!["config"]!["client_secret"] = "hush";
        file["objects"]!["mcp_server"]![0]!["auth_credentials"] = "hush";
        var plan = await To.Call("POST", $"{Access}/apply?dry_run=true", file.ToJsonString());
        Assert.Equal(HttpStatusCode.OK, plan.Status);
        Assert.Equal(Objects(file).Count(), (int)plan.Result!["counts"]!["created"]!);
        Assert.All(plan.Result["changes"]!.AsArray(), change => Assert.Equal("create", (string)change!["action"]!));
        Assert.Empty((await ExportAsync(To))["objects"]!["application"]!.AsArray());

        var applied = await To.Must(HttpStatusCode.OK, "POST", $"{Access}/apply?expected_position={plan.Result["position"]}", file.ToJsonString());
        Assert.Contains(applied["changes"]!.AsArray(), change => (string)change!["kind"]! == "service_token" && ((string)change["left_to_do"]!).Contains("rotate", StringComparison.Ordinal));
        Assert.Equal(await TextAsync(From), await TextAsync(To));

        var again = await To.Must(HttpStatusCode.OK, "POST", $"{Access}/apply?prune=true", file.ToJsonString());
        Assert.Equal("""{"created":0,"changed":0,"removed":0,"unchanged":15}""", again["counts"]!.ToJsonString());
        var app = Guid.Parse((string)file["objects"]!["application"]![0]!["id"]!);
        Assert.EndsWith(":bootstrap", await hosts.To.LastActorAsync(app), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_ShowsWhatChanges_AndChangesNoMore()
    {
        var api = Other;
        await api.Must(HttpStatusCode.Created, "POST", $"{Access}/tags", """{"name":"blue"}""");
        var group = (string)(await api.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", """{"name":"AAA","include":[{"email_domain":{"domain":"x.test"}}]}"""))["id"]!;
        var file = await ExportAsync(api);
        file["objects"]!["group"]![0]!["include"]![0]!["email_domain"]!["domain"] = "y.test";
        var plan = await api.Must(HttpStatusCode.OK, "POST", $"{Access}/apply?dry_run=true", file.ToJsonString());
        var change = Assert.Single(plan["changes"]!.AsArray())!;
        Assert.Equal(
            """[{"op":"remove","path":"/include/0","old":{"email_domain":{"domain":"x.test"}}},{"op":"add","path":"/include/0","new":{"email_domain":{"domain":"y.test"}}}]""", change["changes"]!.ToJsonString());
        Assert.Equal("/objects/group/0", (string)change["pointer"]!);

        await api.Must(HttpStatusCode.OK, "POST", $"{Access}/apply", file.ToJsonString());
        Assert.Equal(2, (int)(await api.Must(HttpStatusCode.OK, "GET", $"{Access}/groups/{group}"))["version"]!);
        Assert.Equal(1, (int)(await api.Must(HttpStatusCode.OK, "GET", $"{Access}/tags/blue"))["version"]!);
    }

    [Fact]
    public async Task Provider_ThatIsToProvisionUsers_NeedsItsSecretMade()
    {
        static string File(string scim) => """{"format":"managedoauth.configuration","format_version":1,"objects":{"identity_provider":[{"name":"Scim","type":"github","config":{"client_id":"c","client_secret":"hush"},"scim_config":"""
            + scim + "}]}}";
        async Task<JsonNode> ApplyAsync(string scim) => Assert.Single((await Other.Must(HttpStatusCode.OK, "POST", $"{Access}/apply", File(scim)))["changes"]!.AsArray())!;
        var made = await ApplyAsync("""{"enabled":false}""");
        Assert.Null(made["left_to_do"]);
        Assert.Contains("refresh_scim_secret", (string)(await ApplyAsync("""{"enabled":true}"""))["left_to_do"]!, StringComparison.Ordinal);
        var saved = await Other.Must(
            HttpStatusCode.OK, "PATCH", $"{Access}/identity_providers/{made["id"]}", """{"config":{"client_id":"d"}}""");
        Assert.False(saved["scim_config"]!.AsObject().ContainsKey("secret"));
        var secret = await Other.Must(HttpStatusCode.OK, "POST", $"{Access}/identity_providers/{made["id"]}/refresh_scim_secret");
        Assert.NotNull(secret["secret"]);
        Assert.Null((await ApplyAsync("""{"enabled":true,"user_deprovision":false}"""))["left_to_do"]);
    }

    [Fact]
    public async Task Apply_WithErrors_TellsAllWithTheirPlaces_AndDoesNothing()
    {
        var file = """
            {"format":"managedoauth.configuration","format_version":1,"objects":{
              "tag":[{"name":"fine"}],
              "group":[{"name":"A","include":[]},{"name":"B","include":[{"group":{"id":"11111111-1111-4111-8111-111111111111"}}]}],
              "application":[{"type":"self_hosted","name":"x","domain":"not a domain"}]}}
            """;
        var answer = await Other.Call("POST", $"{Access}/apply", file);
        Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
        Assert.Equal(
            ["/objects/application/0/domain", "/objects/group/0/include", "/objects/group/1/include/0/group/id"],
            answer.Body["errors"]!.AsArray().Select(error => (string)error!["source"]!["pointer"]!).Order(StringComparer.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, (await Other.Call("GET", $"{Access}/tags/fine")).Status);
    }

    [Theory]
    [InlineData("""{}""", "/format")]
    [InlineData("""{"format":"managedoauth.configuration","format_version":2,"objects":{}}""", "/format_version")]
    [InlineData("""{"format":"managedoauth.configuration","format_version":1}""", "/objects")]
    [InlineData("""{"format":"managedoauth.configuration","format_version":1,"objects":{"app":[]}}""", "/objects/app")]
    [InlineData("""{"format":"managedoauth.configuration","format_version":1,"objects":{"api_token":[]}}""", "/objects/api_token")]
    [InlineData("""{"format":"managedoauth.configuration","format_version":1,"objects":{"tag":[7]}}""", "/objects/tag/0")]
    [InlineData("""{"format":"managedoauth.configuration","format_version":1,"objects":{"tag":[{"id":"x","name":"t"}]}}""", "/objects/tag/0/id")]
    [InlineData("""{"format":"managedoauth.configuration","format_version":1,"objects":{"tag":[{"id":"11111111-1111-4111-8111-111111111111","name":"t"},{"id":"11111111-1111-4111-8111-111111111111","name":"u"}]}}""", "/objects/tag/1/id")]
    [InlineData("""{"format":"managedoauth.configuration","format_version":1,"objects":{},"references":{"x":{}}}""", "/references/x")]
    public async Task Apply_OfSomethingElse_IsRefusedWithItsPlace(string file, string pointer)
    {
        var answer = await To.Call("POST", $"{Access}/apply", file);
        Assert.Equal((HttpStatusCode.BadRequest, pointer), (answer.Status, Pointer(answer)));
    }

    [Fact]
    public async Task Prune_RemovesWhatTheFileDoesNotHave_OfItsKindsAlone()
    {
        await hosts.FillAsync(() => FillAsync(From));
        var api = From;
        var before = await ExportAsync(api);

        // The groups are needed by policies, which the file says nothing about.
        var groups = """{"format":"managedoauth.configuration","format_version":1,"objects":{"group":[]}}""";
        var refused = await api.Call("POST", $"{Access}/apply?prune=true", groups);
        Assert.Equal((HttpStatusCode.BadRequest, "/objects/group"), (refused.Status, Pointer(refused)));
        Assert.Equal(before.ToJsonString(), (await ExportAsync(api)).ToJsonString());

        // Without them, and one group inside the other, they go in an order that works; nothing else does.
        var all = """{"format":"managedoauth.configuration","format_version":1,"objects":{"group":[],"policy":[],"application":[],"mcp_server":[],"mcp_portal":[]}}""";
        var done = await api.Must(HttpStatusCode.OK, "POST", $"{Access}/apply?prune=true", all);
        Assert.Equal(8, (int)done["counts"]!["removed"]!);
        var after = await ExportAsync(api);
        Assert.Empty(after["objects"]!["application"]!.AsArray());
        Assert.Equal(before["objects"]!["tag"]!.ToJsonString(), after["objects"]!["tag"]!.ToJsonString());

        // And come back as they were.
        var back = before.DeepClone();
        back["objects"]!["mcp_server"]![0]!["auth_credentials"] = "hush";
        await api.Must(HttpStatusCode.OK, "POST", $"{Access}/apply", back.ToJsonString());
        Assert.Equal(before.ToJsonString(), (await ExportAsync(api)).ToJsonString());
    }

    [Fact]
    public async Task Objects_OfOtherIdsButTheSameNames_AreTheSame_AndReferencesLeadToThem()
    {
        var api = Other;
        var provider = (string)(await api.Must(HttpStatusCode.Created, "POST", $"{Access}/identity_providers", """{"name":"One-time PIN","type":"onetimepin"}"""))["id"]!;
        var group = (string)(await api.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", """{"name":"Crew","include":[{"everyone":{}}]}"""))["id"]!;
        var file = """
            {"format":"managedoauth.configuration","format_version":1,"objects":{
              "identity_provider":[{"id":"aaaaaaaa-0000-4000-8000-000000000001","name":"One-time PIN","type":"onetimepin"}],
              "policy":[{"id":"aaaaaaaa-0000-4000-8000-000000000002","name":"In","decision":"allow","include":[{"group":{"id":"aaaaaaaa-0000-4000-8000-000000000003"}}],
                         "require":[{"login_method":{"id":"aaaaaaaa-0000-4000-8000-000000000001"}}]}]},
             "references":{"aaaaaaaa-0000-4000-8000-000000000003":{"kind":"group","name":"Crew"}}}
            """;
        var done = await api.Must(HttpStatusCode.OK, "POST", $"{Access}/apply", file);
        Assert.Equal("""{"created":1,"changed":0,"removed":0,"unchanged":1}""", done["counts"]!.ToJsonString());
        var policy = await api.Must(HttpStatusCode.OK, "GET", $"{Access}/policies/aaaaaaaa-0000-4000-8000-000000000002");
        Assert.Equal((group, provider), ((string)policy["include"]![0]!["group"]!["id"]!, (string)policy["require"]![0]!["login_method"]!["id"]!));
    }

    [Fact]
    public async Task Export_OfSomeKinds_NamesWhatTheyReferTo()
    {
        await hosts.FillAsync(() => FillAsync(From));
        var file = await ExportAsync(From, "?kinds=application,policy");
        Assert.Equal(["policy", "application"], file["objects"]!.AsObject().Select(kind => kind.Key));
        Assert.Contains(file["references"]!.AsObject(), reference => (string)reference.Value!["kind"]! == "group" && (string)reference.Value["name"]! == "Staff");
        Assert.DoesNotContain(file["references"]!.AsObject(), reference => (string)reference.Value!["kind"]! is "policy" or "application");
        Assert.Equal(HttpStatusCode.BadRequest, (await From.Call("GET", $"{Access}/export?kinds=application,api_token")).Status);
    }

    [Fact]
    public async Task Address_MayMoveFromOneApplicationOfTheFileToAnother()
    {
        var api = Other;
        await api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", """{"type":"self_hosted","name":"A","domain":"a.move.test"}""");
        await api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", """{"type":"self_hosted","name":"B","domain":"b.move.test"}""");
        var file = await ExportAsync(api, "?kinds=application");
        var apps = file["objects"]!["application"]!;
        (apps[0]!["domain"], apps[1]!["domain"]) = ("b.move.test", "c.move.test");
        await api.Must(HttpStatusCode.OK, "POST", $"{Access}/apply", file.ToJsonString());
        Assert.Equal(file.ToJsonString(), (await ExportAsync(api, "?kinds=application")).ToJsonString());
        var taken = await api.Call("POST", $"{Access}/apps", """{"type":"self_hosted","name":"C","domain":"b.move.test"}""");
        Assert.Equal((HttpStatusCode.BadRequest, "/domain"), (taken.Status, Pointer(taken)));
        await api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", """{"type":"self_hosted","name":"C","domain":"a.move.test"}""");
    }

    [Fact]
    public async Task Apply_OfAPlanThatIsOld_IsRefused()
    {
        var file = """{"format":"managedoauth.configuration","format_version":1,"objects":{"tag":[{"name":"guarded"}]}}""";
        var position = (long)(await Other.Must(HttpStatusCode.OK, "POST", $"{Access}/apply?dry_run=true", file))["position"]!;
        await Other.Must(HttpStatusCode.Created, "POST", $"{Access}/tags", """{"name":"between"}""");
        var late = await Other.Call("POST", $"{Access}/apply?expected_position={position}", file);
        Assert.Equal(HttpStatusCode.PreconditionFailed, late.Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await Other.Call("POST", $"{Access}/apply?expected_position=soon", file)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await Other.Call("GET", $"{Access}/tags/guarded")).Status);
    }

    [Fact]
    public async Task Secret_InTheFile_IsTakenOnce_AndShownNowhere()
    {
        string File(string secret) => $$$"""{"format":"managedoauth.configuration","format_version":1,"objects":{"identity_provider":[{"name":"Secretive","type":"github","config":{"client_id":"c","client_secret":"{{{secret}}}"}}]}}""";
        await Other.Must(HttpStatusCode.OK, "POST", $"{Access}/apply", File("hush-1"));
        Assert.Equal(1, (int)(await Other.Must(HttpStatusCode.OK, "POST", $"{Access}/apply", File("hush-1")))["counts"]!["unchanged"]!);
        var changed = Assert.Single((await Other.Must(HttpStatusCode.OK, "POST", $"{Access}/apply", File("hush-2")))["changes"]!.AsArray())!;
        Assert.True((bool)changed["secret_changed"]!);
        Assert.DoesNotContain("hush", (await ExportAsync(Other)).ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Apply_WithAnIdempotencyKey_IsDoneOnce()
    {
        var file = """{"format":"managedoauth.configuration","format_version":1,"objects":{"tag":[{"name":"keyed"}]}}""";
        var key = ("Idempotency-Key", Guid.NewGuid().ToString());
        var first = await Other.Call("POST", $"{Access}/apply", file, key);
        var second = await Other.Call("POST", $"{Access}/apply", file, key);
        Assert.False(first.Replayed);
        Assert.True(second.Replayed);
        Assert.Equal(first.Result!.ToJsonString(), second.Result!.ToJsonString());
    }

    /// <summary>Makes one object at least of every kind that a file has.</summary>
    internal static async Task FillAsync(HttpClient api)
    {
        await api.Must(HttpStatusCode.Created, "POST", $"{Access}/tags", """{"name":"red"}""");
        var emails = Id(await api.Must(HttpStatusCode.Created, "POST", $"{Account}/gateway/lists", """{"name":"People","type":"EMAIL","items":[{"value":"a@x.test","description":"boss"},{"value":"b@x.test"}]}"""));
        var page = Id(await api.Must(HttpStatusCode.Created, "POST", $"{Access}/custom_pages", """{"name":"No","type":"forbidden","custom_html":"<h1>No</h1>"}"""));
        await api.Must(HttpStatusCode.Created, "POST", $"{Access}/organizations", $$$"""{"name":"Team","auth_domain":"team.x.test","custom_pages":{"forbidden":"{{{page}}}"},"login_design":{"header_text":"Hello"}}""");
        var hub = Id(await api.Must(HttpStatusCode.Created, "POST", $"{Access}/identity_providers", """{"name":"Hub","type":"github","config":{"client_id":"c","client_secret":"hush"}}"""));
        await api.Must(HttpStatusCode.Created, "POST", $"{Access}/identity_providers", """{"name":"PIN","type":"onetimepin"}""");
        var token = Id(await api.Must(HttpStatusCode.Created, "POST", $"{Access}/service_tokens", """{"name":"robot"}"""));
        var staff = Id(await api.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", $$$"""{"name":"Staff","include":[{"email_list":{"id":"{{{emails}}}"}}]}"""));

        // By name it comes before the group that it is made of.
        var admins = Id(await api.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", $$$"""{"name":"Admins","include":[{"group":{"id":"{{{staff}}}"}}],"require":[{"github-organization":{"identity_provider_id":"{{{hub}}}","name":"acme"}}]}"""));
        var policy = Id(await api.Must(HttpStatusCode.Created, "POST", $"{Access}/policies", $$$"""{"name":"Staff","decision":"allow","include":[{"group":{"id":"{{{admins}}}"}},{"group":{"id":"{{{staff}}}"}}],"session_duration":"1h"}"""));
        await api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", $$$"""
            {"type":"self_hosted","name":"Orders","domain":"orders.x.test","destinations":[{"type":"public","uri":"orders2.x.test"}],"tags":["red"],"allowed_idps":["{{{hub}}}"],
             "custom_pages":["{{{page}}}"],"cors_headers":{"allowed_origins":["https://x.test"],"max_age":60},"oauth_configuration":{"enabled":true},"origin":{"url":"http://10.0.0.7:9000"},
             "policies":[{"id":"{{{policy}}}","precedence":5},{"name":"Robots","decision":"non_identity","include":[{"service_token":{"token_id":"{{{token}}}"}}],"precedence":2}]}
            """);
        await api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", $$$"""
            {"type":"mcp","name":"Search","destinations":[{"type":"via_mcp_server_portal","mcp_server_id":"search"}],"policies":["{{{policy}}}"]}
            """);
        await api.Must(HttpStatusCode.Created, "POST", $"{Access}/ai-controls/mcp/servers", """{"id":"search","name":"Search","hostname":"https://search.x.test/mcp","auth_type":"bearer","auth_credentials":"hush"}""");
        await api.Must(HttpStatusCode.Created, "POST", $"{Access}/ai-controls/mcp/portals", """{"id":"tools","name":"Tools","hostname":"tools.x.test","servers":[{"server_id":"search"}]}""");
    }

    private static string Id(JsonNode result) => (string)result["id"]!;

    private static IEnumerable<JsonNode?> Objects(JsonObject file) => file["objects"]!.AsObject().SelectMany(kind => kind.Value!.AsArray());

    private static string? Pointer(ApiAnswer answer) => (string?)answer.Body["errors"]![0]!["source"]?["pointer"];

    private static async Task<JsonObject> ExportAsync(HttpClient api, string query = "") => JsonNode.Parse(await TextAsync(api, query))!.AsObject();

    private static async Task<string> TextAsync(HttpClient api, string query = "")
    {
        using var answer = await api.GetAsync($"{Access}/export{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.True(answer.Headers.Contains("Configuration-Position"));
        Assert.True(answer.Headers.Contains("Configuration-Objects"));
        return await answer.Content.ReadAsStringAsync();
    }
}
