using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;

namespace ManagedOAuth.Config.Tests.Api;

/// <summary>Tags, lists, custom pages and the policies of one application, by requests.</summary>
[Collection(ConfigCollection.Name)]
public sealed class KindsApiTests(ConfigHost host)
{
    private const string Account = "/client/v4/accounts/default";
    private const string Access = Account + "/access";

    [Fact]
    public async Task Tag_IsAddressedByItsNameAndStaysWhileItIsUsed()
    {
        await SendAsync(HttpMethod.Post, $"{Access}/tags", """{"name":"team a"}""", 201);
        await SendAsync(HttpMethod.Post, $"{Access}/tags", """{"name":"team a"}""", 400);
        var app = await SendAsync(HttpMethod.Post, $"{Access}/apps", """{"type":"self_hosted","name":"Tagged","domain":"tagged.test","tags":["team a"]}""", 201);
        Assert.Equal(1, (int)(await SendAsync(HttpMethod.Get, $"{Access}/tags/team%20a"))["app_count"]!);
        await SendAsync(HttpMethod.Delete, $"{Access}/tags/team%20a", null, 409);
        await SendAsync(HttpMethod.Put, $"{Access}/tags/team%20a", """{"name":"team b"}""", 400);
        await SendAsync(HttpMethod.Delete, $"{Access}/apps/{app["id"]}", null, 202);
        Assert.Equal("team b", (string)(await SendAsync(HttpMethod.Put, $"{Access}/tags/team%20a", """{"name":"team b"}"""))["name"]!);
        await SendAsync(HttpMethod.Delete, $"{Access}/tags/team%20b", null, 202);
        await SendAsync(HttpMethod.Get, $"{Access}/tags/team%20b", null, 404);
        await SendAsync(HttpMethod.Post, $"{Access}/tags", """{"name":"team b"}""", 201);
    }

    [Fact]
    public async Task Applications_AreNarrowedByNameAddressAndAudience()
    {
        var wide = await SendAsync(HttpMethod.Post, $"{Access}/apps",
            """{"type":"self_hosted","name":"Narrowed wide","domain":"narrowed.test","destinations":[{"type":"public","uri":"narrowed.test"},{"type":"public","uri":"second-narrowed.test"}]}""", 201);
        var deep = await SendAsync(HttpMethod.Post, $"{Access}/apps", """{"type":"self_hosted","name":"Narrowed","domain":"deep.narrowed.test"}""", 201);
        var (both, first, second) = ("Narrowed,Narrowed wide", "Narrowed wide", "Narrowed");

        Assert.Equal(both, await NamesAsync("domain=narrowed.test"));
        Assert.Equal(first, await NamesAsync("domain=narrowed.test&exact=true"));
        Assert.Equal(first, await NamesAsync("domain=Second-narrowed.test&exact=true"));
        Assert.Equal("", await NamesAsync("domain=narrowed&exact=true"));
        Assert.Equal(both, await NamesAsync("name=narrowed"));
        Assert.Equal(second, await NamesAsync("name=Narrowed&exact=true"));
        Assert.Equal(first, await NamesAsync($"aud={wide["aud"]}"));
        Assert.Equal("", await NamesAsync($"aud={wide["aud"]}&name=deep"));
        Assert.Equal(first, await NamesAsync("search=second-narrowed"));
        Assert.Equal(second, await NamesAsync($"search={deep["aud"]}"));

        async Task<string> NamesAsync(string query) => string.Join(',', (await SendAsync(HttpMethod.Get, $"{Access}/apps?{query}")).AsArray().Select(app => (string)app!["name"]!).Order());
    }

    [Fact]
    public async Task List_ItsValuesArePagedReplacedAndEdited()
    {
        var list = await SendAsync(HttpMethod.Post, $"{Account}/gateway/lists", """{"name":"people","type":"EMAIL","items":[{"value":"a@x.test"},{"value":"b@x.test"},{"value":"c@x.test"}]}""", 201);
        Assert.Equal(3, (int)list["count"]!);
        var path = $"{Account}/gateway/lists/{list["id"]}";
        var page = await host.Api.GetAsync($"{path}/items?page=2&per_page=2");
        var envelope = await ConfigHost.ReadAsync(page);
        Assert.Equal("c@x.test", (string)Assert.Single(envelope["result"]!.AsArray())!["value"]!);
        Assert.Equal(3, (int)envelope["result_info"]!["total_count"]!);
        Assert.Equal(3, (int)(await SendAsync(HttpMethod.Patch, path, """{"append":[{"value":"d@x.test"}],"remove":["a@x.test"]}"""))["count"]!);

        var policy = await SendAsync(HttpMethod.Post, $"{Access}/policies", $$$"""{"name":"By list","decision":"allow","include":[{"email_list":{"id":"{{{list["id"]}}}"}}]}""", 201);
        await SendAsync(HttpMethod.Delete, path, null, 409);
        await SendAsync(HttpMethod.Post, $"{Access}/policies", $$$"""{"name":"Wrong kind","decision":"allow","include":[{"ip_list":{"id":"{{{list["id"]}}}"}}]}""", 400);
        await SendAsync(HttpMethod.Delete, $"{Access}/policies/{policy["id"]}", null, 202);
        await SendAsync(HttpMethod.Delete, path, null, 200);
        await SendAsync(HttpMethod.Get, $"{path}/items", null, 404);
    }

    [Fact]
    public async Task CustomPage_IsStoredAndShownByApplications()
    {
        var page = await SendAsync(HttpMethod.Post, $"{Access}/custom_pages", """{"name":"No","type":"identity_denied","custom_html":"<!doctype html>\n<p>Ask the help desk.</p>"}""", 201);
        Assert.Equal((string)page["id"]!, (string)page["uid"]!);
        var app = await SendAsync(HttpMethod.Post, $"{Access}/apps", $$"""{"type":"self_hosted","name":"Paged","domain":"paged.test","custom_pages":["{{page["uid"]}}"]}""", 201);
        await SendAsync(HttpMethod.Delete, $"{Access}/custom_pages/{page["uid"]}", null, 409);
        Assert.Equal(1, (int)(await SendAsync(HttpMethod.Get, $"{Access}/custom_pages/{page["uid"]}"))["app_count"]!);
        await SendAsync(HttpMethod.Delete, $"{Access}/apps/{app["id"]}", null, 202);
        await SendAsync(HttpMethod.Delete, $"{Access}/custom_pages/{page["uid"]}", null, 202);
        await SendAsync(HttpMethod.Post, $"{Access}/custom_pages", """{"name":"No","type":"welcome","custom_html":""}""", 400);
    }

    [Fact]
    public async Task ApplicationPolicies_AreMadeChangedOrderedAndRemoved()
    {
        var app = await SendAsync(HttpMethod.Post, $"{Access}/apps", """{"type":"self_hosted","name":"Own","domain":"own.test"}""", 201);
        var path = $"{Access}/apps/{app["id"]}/policies";
        var first = await SendAsync(HttpMethod.Post, path, """{"name":"First","decision":"allow","include":[{"everyone":{}}]}""", 200);
        Assert.Equal((1, false), ((int)first["precedence"]!, (bool)first["reusable"]!));
        var second = await SendAsync(HttpMethod.Post, path, """{"name":"Second","decision":"deny","include":[{"everyone":{}}],"precedence":1}""", 200);
        await SendAsync(HttpMethod.Post, path, """{"name":"Bad","decision":"allow","include":[]}""", 400);
        Assert.Equal("Changed", (string)(await SendAsync(HttpMethod.Put, $"{path}/{first["id"]}", """{"name":"Changed","decision":"allow","include":[{"everyone":{}}],"precedence":5}"""))["name"]!);
        var listed = (await ConfigHost.ReadAsync(await host.Api.GetAsync(path)))["result"]!.AsArray();
        Assert.Equal(["Second", "Changed"], listed.Select(policy => (string)policy!["name"]!));

        Assert.True((bool)(await SendAsync(HttpMethod.Put, $"{path}/{first["id"]}/make_reusable", null))["reusable"]!);
        await SendAsync(HttpMethod.Put, $"{path}/{first["id"]}", """{"name":"Elsewhere","decision":"allow","include":[{"everyone":{}}]}""", 400);
        Assert.Equal((string)second["id"]!, (string)(await SendAsync(HttpMethod.Delete, $"{path}/{second["id"]}", null))["id"]!);
        await SendAsync(HttpMethod.Get, $"{path}/{second["id"]}", null, 404);
        await SendAsync(HttpMethod.Get, $"{Access}/policies/{second["id"]}", null, 404);
        await SendAsync(HttpMethod.Delete, $"{path}/{first["id"]}", null, 200);
        await SendAsync(HttpMethod.Get, $"{Access}/policies/{first["id"]}");
        Assert.Empty((await SendAsync(HttpMethod.Get, $"{Access}/apps/{app["id"]}"))["policies"]!.AsArray());
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("PATCH")]
    public async Task ApplicationSettings_ChangeTwoFieldsAndNothingElse(string method)
    {
        var app = await SendAsync(HttpMethod.Post, $"{Access}/apps", $$"""{"type":"self_hosted","name":"Settings {{method}}","domain":"settings-{{method.ToLowerInvariant()}}.test","skip_interstitial":true}""", 201);
        var changed = await SendAsync(new HttpMethod(method), $"{Access}/apps/{app["id"]}/settings", """{"allow_iframe":true}""");
        Assert.Equal((true, true, (string)app["name"]!), ((bool)changed["allow_iframe"]!, (bool)changed["skip_interstitial"]!, (string)changed["name"]!));
    }

    [Theory]
    [InlineData("purpose_justification_required")]
    [InlineData("approval_required")]
    [InlineData("isolation_required")]
    public async Task Policy_ThatAsksForMoreThanIsServed_IsRefused(string member)
    {
        await SendAsync(HttpMethod.Post, $"{Access}/policies", $$$"""{"name":"x","decision":"allow","include":[{"everyone":{}}],"{{{member}}}":true}""", 400);
        var policy = await SendAsync(HttpMethod.Post, $"{Access}/policies", $$$"""{"name":"x","decision":"allow","include":[{"everyone":{}}],"{{{member}}}":false}""", 201);
        Assert.False((bool)policy[member]!);
    }

    private async Task<JsonNode> SendAsync(HttpMethod method, string path, string? body = null, int status = 200)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        var answer = await host.Api.SendAsync(request);
        var envelope = await ConfigHost.ReadAsync(answer);
        Assert.True((HttpStatusCode)status == answer.StatusCode, $"{method} {path}: {(int)answer.StatusCode} {envelope.ToJsonString()}");
        return envelope["result"]?.DeepClone() ?? JsonValue.Create(0);
    }
}
