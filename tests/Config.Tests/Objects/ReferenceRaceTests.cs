using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Objects;

/// <summary>One administrator takes an object into use while another, at another replica, removes it: one of the two is refused.</summary>
[Collection(ConfigCollection.Name)]
public sealed class ReferenceRaceTests(ConfigHost host)
{
    private const string Access = "/client/v4/accounts/default/access";

    [Fact]
    public async Task Policy_TakenIntoUseAndRemovedAtTheSameTime_NeverLeavesAnApplicationWithoutIt()
    {
        using var other = await host.AddReplicaAsync();
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async index =>
        {
            var policy = await Create("policies", $$"""{"name":"Block {{index}}","decision":"deny","include":[{"everyone":{} }]}""");
            var body = new { type = "self_hosted", name = $"Ref {index}", domain = $"ref{index}.race.test", policies = new[] { policy } };
            var (use, remove) = (host.Api.PostAsJsonAsync($"{Access}/apps", body), other.DeleteAsync($"{Access}/policies/{policy}"));
            await Exactly(await use, HttpStatusCode.Created, await remove, HttpStatusCode.Accepted);
            var used = (await use).StatusCode == HttpStatusCode.Created;
            Assert.Equal(used ? HttpStatusCode.OK : HttpStatusCode.NotFound, (await host.Api.GetAsync($"{Access}/policies/{policy}")).StatusCode);
        }));
    }

    [Fact]
    public async Task Group_TakenIntoUseAndRemovedAtTheSameTime_NeverLeavesAPolicyWithoutIt()
    {
        using var other = await host.AddReplicaAsync();
        await Task.WhenAll(Enumerable.Range(0, 24).Select(async index =>
        {
            var group = await Create("groups", $$"""{"name":"Race {{index}}","include":[{"everyone":{} }]}""");
            var body = JsonNode.Parse($$$"""{"name":"Uses {{{index}}}","decision":"allow","include":[{"group":{"id":"{{{group}}}"}}]}""");
            var (use, remove) = (other.PostAsJsonAsync($"{Access}/policies", body), host.Api.DeleteAsync($"{Access}/groups/{group}"));
            await Exactly(await use, HttpStatusCode.Created, await remove, HttpStatusCode.Accepted);
        }));
    }

    private static async Task Exactly(HttpResponseMessage use, HttpStatusCode used, HttpResponseMessage remove, HttpStatusCode removed)
    {
        var what = $"{(int)use.StatusCode} {await use.Content.ReadAsStringAsync()} / {(int)remove.StatusCode} {await remove.Content.ReadAsStringAsync()}";
        Assert.True((use.StatusCode == used) != (remove.StatusCode == removed), what);
        Assert.True(use.StatusCode == used || use.StatusCode == HttpStatusCode.BadRequest, what);
        Assert.True(remove.StatusCode == removed || remove.StatusCode == HttpStatusCode.Conflict, what);
    }

    private async Task<string> Create(string path, string body)
    {
        var answer = await host.Api.PostAsJsonAsync($"{Access}/{path}", JsonNode.Parse(body));
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        return (string)(await ConfigHost.ReadAsync(answer))["result"]!["id"]!;
    }
}
