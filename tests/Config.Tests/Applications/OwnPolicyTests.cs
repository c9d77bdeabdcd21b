using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Config.Transfer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Microsoft.Extensions.DependencyInjection;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Applications;

/// <summary>An application's own policies live and end with it: what nobody can see holds nothing in use.</summary>
[Collection(ConfigCollection.Name)]
public sealed class OwnPolicyTests(ConfigHost host)
{
    [Fact]
    public async Task RemovedApplication_TakesItsOwnPolicies_AndBringsThemBack()
    {
        var group = await GroupAsync("own of a removed one");
        var (app, own) = await ApplicationAsync("removed.own.test", group);
        Assert.Equal(HttpStatusCode.Conflict, (await host.Api.Call("DELETE", $"{Access}/groups/{group}")).Status);
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/apps/{app}");
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("GET", $"{Access}/policies/{own}")).Status);
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/groups/{group}");

        // Alone it would be one that no page shows.
        Assert.Equal("/id", (string)(await host.Api.Call("POST", $"{Access}/policies/{own}/versions/1/restore")).Body["errors"]![0]!["source"]!["pointer"]!);
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", $"{Access}/apps/{app}/versions/1/restore")).Status);
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/groups/{group}/versions/1/restore");
        var restored = await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/apps/{app}/versions/1/restore");
        Assert.Equal((own, "Own"), ((string)restored["policies"]![0]!["id"]!, (string)restored["policies"]![0]!["name"]!));
        await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/policies/{own}");
    }

    [Fact]
    public async Task OwnPolicy_ThatThePutLeavesOut_IsGone_UntilThatVersionIsRestored()
    {
        var group = await GroupAsync("own of a changed one");
        var (app, own) = await ApplicationAsync("changed.own.test", group);
        var other = """{"type":"self_hosted","name":"Own","domain":"changed.own.test","policies":[{"name":"Other","decision":"allow","include":[{"everyone":{}}]}]}""";
        var changed = await host.Api.Must(HttpStatusCode.OK, "PUT", $"{Access}/apps/{app}", other);
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/groups/{group}");
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/groups/{group}/versions/1/restore");
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/apps/{app}/versions/1/restore");
        await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/policies/{own}");
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("GET", $"{Access}/policies/{changed["policies"]![0]!["id"]}")).Status);
    }

    [Fact]
    public async Task OwnPolicy_ThatBecameReusable_StaysWhenItsApplicationGoes_AndWhenAnOldVersionOfItComesBack()
    {
        var (app, own) = await ApplicationAsync("reusable.own.test", await GroupAsync("own that is shared"));
        await host.Api.Must(HttpStatusCode.OK, "PUT", $"{Access}/apps/{app}/policies/{own}/make_reusable");
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/apps/{app}");
        Assert.True((bool)(await host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/policies/{own}/versions/1/restore"))["reusable"]!);
    }

    [Fact]
    public async Task OwnPolicy_ReplacedAndRemovedAtTheSameTime_IsNeverRevived()
    {
        var group = await GroupAsync("own in a race");
        await Task.WhenAll(Enumerable.Range(0, 16).Select(async index =>
        {
            var (app, own) = await ApplicationAsync($"race{index}.own.test", group);
            var remove = host.Api.Must(HttpStatusCode.OK, "DELETE", $"{Access}/apps/{app}/policies/{own}");
            var replaced = (await host.Api.Call("PUT", $"{Access}/apps/{app}/policies/{own}", """{"name":"Mine","decision":"allow","include":[{"everyone":{}}]}""")).Status;
            await remove;
            Assert.True(replaced is HttpStatusCode.OK or HttpStatusCode.NotFound, $"{replaced}");
            Assert.Empty((await host.Api.Must(HttpStatusCode.OK, "GET", $"{Access}/apps/{app}"))["policies"]!.AsArray());
            Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("GET", $"{Access}/policies/{own}")).Status);
        }));
    }

    [Fact]
    public async Task PolicyThatWasLeftBehind_IsRemovedAtTheNextStart()
    {
        var group = await GroupAsync("own that was left behind");
        var (app, own) = await ApplicationAsync("behind.own.test", group);
        await using (var scope = host.Services.CreateAsyncScope())
        {
            // As versions did that left them there.
            var writer = scope.ServiceProvider.GetRequiredService<ConfigurationWriter>();
            await using var change = await writer.BeginAsync(CancellationToken.None);
            change.Draft.Append<ApplicationObject>(Guid.Parse(app), 2, new ApplicationRemoved(Guid.Parse(app)));
            await writer.SaveAsync(change, CancellationToken.None);
        }

        Assert.Equal(HttpStatusCode.Conflict, (await host.Api.Call("DELETE", $"{Access}/groups/{group}")).Status);
        await host.Services.GetRequiredService<OwnPolicySweep>().RunAsync(CancellationToken.None);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("GET", $"{Access}/policies/{own}")).Status);
        await host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/groups/{group}");
    }

    [Fact]
    public void Prune_TakesTheOwnPolicies_AndEachTransactionHasRoomForThem()
    {
        const int Applications = 600;
        var state = ConfigurationState.Empty;
        for (var index = 0; index < Applications; index++)
        {
            var own = Enumerable.Range(0, 3).Select(_ => new Policy { Id = Guid.NewGuid(), Name = "Own", Decision = PolicyAction.Deny, Reusable = false, Version = 1 }).ToList();
            var application = new Application
            {
                Id = Guid.NewGuid(), Aud = "aud", Type = ApplicationType.SelfHosted, Name = $"a{index}", Domain = $"a{index}.prune.test", Version = 1,
                Policies = [.. own.Select((policy, at) => new PolicyReference(policy.Id, at + 1))],
            };
            state = own.Aggregate(state, (before, policy) => before.With("policy", policy.Id, 1, 1, policy)).With("application", application.Id, 1, 1, application);
        }

        var planner = host.Services.GetRequiredService<TransferPlanner>();
        var errors = new List<ApiError>();
        var file = TransferFile.Read(Encoding.UTF8.GetBytes("""{"format":"managedoauth.configuration","format_version":1,"objects":{"application":[]}}"""), planner.Kinds, errors);
        var plan = planner.Plan(file!, state, prune: true);
        Assert.Empty(errors.Concat(plan.Errors));
        Assert.Equal(Applications, plan.Steps.Count);
        foreach (var batch in plan.Batches())
        {
            var draft = new ConfigurationDraft(state) { IsTransfer = true };
            Assert.Empty(TransferBatch.Draft(draft, batch, DateTimeOffset.UtcNow));
            Assert.InRange(draft.EventCount, 4, TransferFormat.BatchEvents);
            state = draft.State;
        }

        Assert.Empty(state.Snapshot.Policies);
    }

    private async Task<string> GroupAsync(string name)
        => (string)(await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/groups", new JsonObject { ["name"] = name, ["include"] = new JsonArray(new JsonObject { ["everyone"] = new JsonObject() }) }.ToJsonString()))["id"]!;

    private async Task<(string App, string Own)> ApplicationAsync(string domain, string group)
    {
        var app = await host.Api.Must(HttpStatusCode.Created, "POST", $"{Access}/apps", $$$"""
            {"type":"self_hosted","name":"Own","domain":"{{{domain}}}","policies":[{"name":"Own","decision":"allow","include":[{"group":{"id":"{{{group}}}"}}]}]}
            """);
        return ((string)app["id"]!, (string)app["policies"]![0]!["id"]!);
    }
}
