using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Idempotency;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Config.Transfer;
using ManagedOAuth.Config.Transfer.Jobs;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Transfer;

/// <summary>Files that are applied in the background.</summary>
public sealed class JobTests(ConfigHost host) : IClassFixture<ConfigHost>
{
    private const int Many = (2 * TransferFormat.BatchSize) + 100;

    [Fact]
    public async Task File_WithMoreThanOneBatch_BecomesAJob_ThatTellsHowFarItIs()
    {
        var started = await host.Api.Call("POST", $"{Access}/apply?wait=applied", Tags("many", Many));
        Assert.Equal(HttpStatusCode.Accepted, started.Status);
        Assert.Contains(started.Body["messages"]!.AsArray(), message => (int)message!["code"]! == 12143);
        var job = await EndAsync(host.Api, started.Result!);
        Assert.Equal("succeeded", (string)job["state"]!);
        Assert.Equal((Many, Many, 0), ((int)job["progress"]!["done"]!, (int)job["progress"]!["total"]!, (int)job["counts"]!["unchanged"]!));
        Assert.Equal("api-token:bootstrap", (string)job["actor"]!);
        var id = await IdOfTagAsync("many-7");
        Assert.EndsWith(":bootstrap", await host.LastActorAsync(id), StringComparison.Ordinal);

        var again = await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/apply", Tags("many", Many));
        Assert.Equal(Many, (int)again["counts"]!["unchanged"]!);
        var listed = await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/jobs?per_page=1");
        Assert.False(Assert.Single(listed.AsArray())!.AsObject().ContainsKey("errors"));
    }

    [Fact]
    public async Task Job_OfASmallFile_TellsErrorsWithTheirPlaces()
    {
        var file = """{"format":"managedoauth.configuration","format_version":1,"objects":{"tag":[{"name":"job-fine"}],"group":[{"name":"Bad","include":[]}]}}""";
        var job = await EndAsync(host.Api, await host.Api.Must(HttpStatusCode.Accepted, "POST", $"{Access}/apply?async=true", file));
        Assert.Equal("failed", (string)job["state"]!);
        Assert.Equal("/objects/group/0/include", (string)Assert.Single(job["errors"]!.AsArray())!["pointer"]!);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("GET", $"{Access}/tags/job-fine")).Status);
        Assert.Equal(0, await FilesAsync());
    }

    [Fact]
    public async Task Job_WithAnOldPlan_Fails()
    {
        await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/tags", """{"name":"since-the-plan"}""");
        var job = await EndAsync(host.Api, await host.Api.Must(HttpStatusCode.Accepted, "POST", $"{Access}/apply?async=true&expected_position=1", Tags("old-plan", 1)));
        Assert.Equal("failed", (string)job["state"]!);
        Assert.Contains("make a new plan", (string)job["errors"]![0]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_OfATokenThatIsTakenAway_EndsThere()
    {
        await using var own = new OwnHost();
        await own.InitializeAsync();
        var token = await own.Api.Must(HttpStatusCode.Created, "POST", $"{Account}/tokens", """{"name":"importer","permissions":["write"]}""");
        using var importer = own.Host.With((string)token["value"]!);

        // It waits behind one that another process runs while its token goes.
        var (store, now) = (own.Host.Services.GetRequiredService<IDocumentStore>(), DateTimeOffset.UtcNow);
        var ahead = new TransferJob(Guid.NewGuid(), "api-token:bootstrap", "", false, null, 2, now) { State = TransferJobState.Running, Runner = "another", LeaseUntil = now.AddHours(1) };
        await StoreAsync(store, ahead);
        var started = await importer.Must(HttpStatusCode.Accepted, "POST", $"{Access}/apply?async=true", Tags("taken", 1));
        await own.Api.Must(HttpStatusCode.OK, "DELETE", $"{Account}/tokens/{token["id"]}");
        await StoreAsync(store, ahead with { State = TransferJobState.Cancelled, Runner = null, LeaseUntil = null, EndedAt = now });
        var job = await EndAsync(own.Api, started);
        Assert.Equal("failed", (string)job["state"]!);
        Assert.Contains("may no longer", (string)job["errors"]![0]!["message"]!, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await own.Api.Call("GET", $"{Access}/tags/taken-0")).Status);
    }

    [Fact]
    public async Task Job_AndTheAnswerToItsKey_AreSavedTogether()
    {
        var context = new DefaultHttpContext();
        new ApiCaller("api-token:bootstrap", [ApiPermission.Write], Guid.NewGuid().ToString()).Enter(context);
        context.Features.Set(new EdgeRequest(null, "http://localhost:8703", IPAddress.Loopback, ""));
        var key = Guid.NewGuid().ToString("N");
        new IdempotencyScope(key, "request", TimeProvider.System).Enter(context);
        var job = await host.Services.GetRequiredService<TransferJobs>().StartAsync(new ApplyRequest(false, false, true, null), "{}"u8.ToArray(), context, default);
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var answer = await session.LoadAsync<IdempotentAnswer>(key);
        Assert.Equal((202, job!.Id.ToString()), (answer!.Status, (string)JsonNode.Parse(answer.Body)!["result"]!["id"]!));
    }

    [Fact]
    public async Task Job_ThatAnotherProcessEndedWhileThisOnePlannedIt_StaysAsItIs()
    {
        await using var own = new OwnHost();
        await own.InitializeAsync();
        var (store, database) = (own.Host.Services.GetRequiredService<IDocumentStore>(), own.Host.Services.GetRequiredService<NpgsqlDataSource>());
        var json = Encoding.UTF8.GetBytes(Tags("ended", 1));
        var now = DateTimeOffset.UtcNow;
        var job = new TransferJob(Guid.NewGuid(), "api-token:bootstrap", "", false, null, json.Length, now) { State = TransferJobState.Running, Runner = "another", LeaseUntil = now.AddHours(1) };
        await using (var session = store.LightweightSession())
        {
            session.Insert(job);
            own.Host.Services.GetRequiredService<TransferJobFiles>().Add(session, job.Id, json);
            await session.SaveChangesAsync();
        }

        await using (var connection = await database.OpenConnectionAsync())
        {
            // A plan begins with the file, and waits for it here.
            await using var transaction = await connection.BeginTransactionAsync();
            await new NpgsqlCommand("lock table config.mt_doc_transferjobfile", connection).ExecuteNonQueryAsync();
            await StoreAsync(store, job with { LeaseUntil = now.AddHours(-1) });
            await Eventually.Async(async () =>
            {
                await using var waiting = database.CreateCommand("select exists(select from pg_locks where relation = 'config.mt_doc_transferjobfile'::regclass and not granted)");
                return (bool)(await waiting.ExecuteScalarAsync())!;
            });
            await StoreAsync(store, job with { State = TransferJobState.Cancelled, Runner = null, LeaseUntil = null, EndedAt = now });
        }

        // One at a time: when the next has ended, nobody plans that one any more.
        await EndAsync(own.Api, await own.Api.Must(HttpStatusCode.Accepted, "POST", $"{Access}/apply?async=true", Tags("next", 1)));
        var left = await own.Host.Services.GetRequiredService<TransferJobs>().FindAsync(job.Id, default);
        Assert.Equal((TransferJobState.Cancelled, null, null), (left!.State, left.Total, left.LeaseUntil));
    }

    [Fact]
    public async Task Job_OfADashboardUser_EndsBeforeTheBatchThatTheyMayNoLongerApply()
    {
        await using var own = new OwnHost();
        await own.InitializeAsync();
        var owners = (string)(await own.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", Group("Owners", "owner@example.com")))["id"]!;
        var others = (string)(await own.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", Group("Others", "other@example.com")))["id"]!;
        await own.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/organizations", """{"name":"Team","auth_domain":"localhost:8702","dashboard_permissions":[""" + Entry(owners) + "]}");

        await ProtectAsync(own, """{"everyone":{}}""");

        // The organization comes before the groups, of which the last are in the second batch.
        var groups = string.Join(',', Enumerable.Range(0, TransferFormat.BatchSize + 100).Select(index => Group($"of-job-{index}", "member@example.com")));
        var job = await ImportAsync(own, "owner@example.com", """{"format":"managedoauth.configuration","format_version":1,"objects":{"organization":[{"name":"Team","auth_domain":"localhost:8702","dashboard_permissions":[""" + Entry(others) + "]}],\"group\":[" + groups + "]}}");
        Assert.Equal(("failed", TransferFormat.BatchSize), ((string)job["state"]!, (int)job["progress"]!["done"]!));
        Assert.Contains("may no longer", (string)job["errors"]![0]!["message"]!, StringComparison.Ordinal);
        Assert.Equal(2 + TransferFormat.BatchSize - 1, (int)(await own.Api.Call("GET", $"{Access}/groups?per_page=1")).Info["total_count"]!);
        await using var session = own.Host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var kept = Assert.Single(await session.QueryAsync<TransferJob>("limit 2", default));
        Assert.Equal((null, null, null), (kept.User, kept.ClientAddress, kept.DashboardOrigin));
    }

    [Fact]
    public async Task Job_OfADashboardUser_EndsBeforeTheBatchAtWhichTheDashboardWouldNotLetThemIn()
    {
        await using var own = new OwnHost();
        await own.InitializeAsync();
        var admins = (string)(await own.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", Group("Admins", "owner@example.com")))["id"]!;
        await ProtectAsync(own, $$$"""{"group":{"id":"{{{admins}}}"}}""");

        // The first batch takes the user out of the group that the dashboard's policy lets in; nothing is said about permissions.
        var groups = string.Join(',', Enumerable.Range(0, TransferFormat.BatchSize + 100).Select(index => Group($"of-job-{index}", "member@example.com")).Prepend(Group("Admins", "other@example.com")));
        var job = await ImportAsync(own, "owner@example.com", """{"format":"managedoauth.configuration","format_version":1,"objects":{"group":[""" + groups + "]}}");
        Assert.Equal(("failed", TransferFormat.BatchSize), ((string)job["state"]!, (int)job["progress"]!["done"]!));
        Assert.Contains("may no longer enter the dashboard", (string)job["errors"]![0]!["message"]!, StringComparison.Ordinal);
        Assert.Equal(TransferFormat.BatchSize, (int)(await own.Api.Call("GET", $"{Access}/groups?per_page=1")).Info["total_count"]!);
    }

    [Fact]
    public async Task Job_OfADashboardUser_OfWhoseDashboardNothingIsKnown_Fails()
    {
        await using var own = new OwnHost();
        await own.InitializeAsync();
        await ProtectAsync(own, """{"everyone":{}}""");
        var json = Encoding.UTF8.GetBytes(Tags("unknown", 1));
        var job = new TransferJob(Guid.NewGuid(), "user:owner@example.com", "", false, null, json.Length, DateTimeOffset.UtcNow)
        {
            ByDashboard = true, User = DashboardBrowser.UserOf("owner@example.com").Identity, ClientAddress = "192.0.2.1",
        };
        await using (var session = own.Host.Services.GetRequiredService<IDocumentStore>().LightweightSession())
        {
            session.Insert(job);
            own.Host.Services.GetRequiredService<TransferJobFiles>().Add(session, job.Id, json);
            await session.SaveChangesAsync();
        }

        var ended = await EndAsync(own.Api, new JsonObject { ["id"] = job.Id.ToString() });
        Assert.Equal(("failed", 0), ((string)ended["state"]!, (int)ended["progress"]!["done"]!));
        Assert.Contains("may no longer enter the dashboard", (string)ended["errors"]![0]!["message"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Job_ThatATokenStartedAtTheDashboard_EndsWhenTheDashboardIsReadOnly()
    {
        await using var own = new OwnHost();
        await own.InitializeAsync();
        var groups = string.Join(',', Enumerable.Range(0, TransferFormat.BatchSize + 100).Select(index => Group($"of-job-{index}", "member@example.com")));
        var job = await ImportAsync(own, null, """{"format":"managedoauth.configuration","format_version":1,"objects":{"organization":[{"name":"Team","auth_domain":"localhost:8702","is_ui_read_only":true}],"group":[""" + groups + "]}}");
        Assert.Equal(("failed", TransferFormat.BatchSize), ((string)job["state"]!, (int)job["progress"]!["done"]!));
    }

    [Fact]
    public async Task Job_ThatIsCancelled_KeepsWhatItDid_AndGoesOnWhenAppliedAgain()
    {
        var (name, job) = ("", (JsonNode)new JsonObject());
        for (var attempt = 0; attempt < 5 && (string?)job["state"] != "cancelled"; attempt++)
        {
            // A test that stood still between the two calls lets the job come to its end, and begins anew.
            name = $"cancelled-{attempt}";
            var started = await host.Api.Must(HttpStatusCode.Accepted, "POST", $"{Access}/apply", Tags(name, 3000));
            await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/jobs/{started["id"]}/cancel");
            job = await EndAsync(host.Api, started);
        }

        Assert.Equal("cancelled", (string)job["state"]!);
        var done = (int)job["progress"]!["done"]!;
        Assert.True(done < 3000, $"{done}");
        Assert.Equal(0, done % TransferFormat.BatchSize);
        var plan = await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/apply?dry_run=true", Tags(name, 3000));
        Assert.Equal(done, (int)plan["counts"]!["unchanged"]!);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("POST", $"{Access}/jobs/{Guid.NewGuid()}/cancel")).Status);
    }

    [Fact]
    public async Task Job_OfAProcessThatStops_IsFinishedByAnother()
    {
        await using var own = new OwnHost();
        await own.InitializeAsync();
        using var other = await own.Host.AddReplicaAsync();
        var started = await own.Api.Must(HttpStatusCode.Accepted, "POST", $"{Access}/apply", Tags("moved", 3000));
        await Eventually.Async(async () => (int)(await own.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/jobs/{started["id"]}"))["progress"]!["done"]! > 0);
        await own.Host.StopAsync(0);
        var job = await EndAsync(other, started);
        Assert.Equal("succeeded", (string)job["state"]!);
        Assert.Equal((3000, 3000), ((int)job["progress"]!["done"]!, (int)job["progress"]!["total"]!));
        var plan = await other.Must(HttpStatusCode.OK, "POST", $"{Access}/apply?dry_run=true", Tags("moved", 3000));
        Assert.Equal(3000, (int)plan["counts"]!["unchanged"]!);
    }

    private static async Task StoreAsync(IDocumentStore store, TransferJob job)
    {
        await using var session = store.LightweightSession();
        session.Store(job);
        await session.SaveChangesAsync();
    }

    private static async Task<JsonNode> EndAsync(HttpClient api, JsonNode started)
    {
        JsonNode job = started;
        await Eventually.Passes(async () =>
        {
            job = await api.Must(HttpStatusCode.OK, "GET", $"{Access}/jobs/{started["id"]}");
            Assert.True(job["ended_at"] is not null, job.ToJsonString());
        });
        return job;
    }

    // As somebody does at the dashboard: whom the edge let in, or null = with the API token.
    private static async Task<JsonNode> ImportAsync(OwnHost own, string? email, string file)
    {
        using var browser = own.Host.Browse(email is null ? null : DashboardBrowser.UserOf(email));
        if (email is null)
        {
            (await browser.GetAsync("/sign-in")).Dispose();
            (await browser.PostAsync("/sign-in", new() { ["token"] = ConfigHost.Token })).Dispose();
        }

        (await browser.GetAsync("/transfer")).Dispose();
        using var planned = await browser.PostAsync("/transfer/plan", new() { ["file"] = file });
        var position = Regex.Match(browser.Page, "name=\"position\" value=\"([0-9]+)\"").Groups[1].Value;
        using var started = await browser.PostAsync("/transfer/apply", new() { ["file"] = file, ["prune"] = "false", ["position"] = position });
        Assert.True(started.StatusCode == HttpStatusCode.SeeOther, browser.Page);
        return await EndAsync(own.Api, new JsonObject { ["id"] = started.Headers.Location!.OriginalString.Split('/')[^1] });
    }

    // Gives the dashboard an application that lets these in.
    private static async Task ProtectAsync(OwnHost own, string include)
    {
        var policy = await own.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/policies", $$"""{"name":"Dashboard","decision":"allow","include":[{{include}}]}""");
        await own.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", $$"""{"type":"self_hosted","name":"Dashboard","domain":"localhost:8703","policies":["{{policy["id"]}}"]}""");
    }

    private static string Group(string name, string email) => $$$"""{"name":"{{{name}}}","include":[{"email":{"email":"{{{email}}}"}}]}""";

    private static string Entry(string group) => $$"""{"group_id":"{{group}}","permissions":["write"]}""";

    private static string Tags(string name, int count)
    {
        var tags = string.Join(',', Enumerable.Range(0, count).Select(index => string.Create(CultureInfo.InvariantCulture, $$"""{"name":"{{name}}-{{index}}"}""")));
        return """{"format":"managedoauth.configuration","format_version":1,"objects":{"tag":[""" + tags + "]}}";
    }

    private async Task<Guid> IdOfTagAsync(string name) => Guid.Parse((string)(await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/tags/{name}"))["id"]!);

    private async Task<int> FilesAsync()
    {
        await using var session = host.Services.GetRequiredService<IDocumentStore>().QuerySession();
        return (await session.QueryAsync<TransferJobFile>("limit 1", default)).Count;
    }

    private sealed class OwnHost : IAsyncDisposable
    {
        public ConfigHost Host { get; } = new();

        public HttpClient Api => Host.Api;

        public Task InitializeAsync() => Host.InitializeAsync();

        public async ValueTask DisposeAsync() => await Host.DisposeAsync();
    }
}
