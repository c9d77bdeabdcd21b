using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.RefusalLog;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>What administrators can find of a request that was refused, by the id that its answer showed.</summary>
[Collection(WorldCollection.Name)]
public sealed class RefusalLogTests(World world) : IAsyncLifetime
{
    private EdgeProcess? _edge;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_edge is not null)
        {
            await _edge.DisposeAsync();
        }
    }

    [Fact]
    public async Task Denied_IsToldWithTheUserTheGrantAndTheRule_UnderTheIdOfThePage()
    {
        var policy = World.Allow(new Rule.EmailDomain("example.com")) with { Require = [new Rule.Ip("192.0.2.0/24")] };
        var application = await world.AddAsync("refused-moved.test", application => application with { OauthConfiguration = null }, policy);
        var grant = Guid.NewGuid();

        var page = await GetAsync("refused-moved.test", "/secret?q=canary", "Accept: text/html", $"Cookie: CF_Authorization={world.Tokens.Assertion(application, grant)}");

        Assert.Equal(403, page!.Status);
        var told = await FindAsync(page);
        Assert.Equal(("denied", application.Id.ToString(), "alice@example.com", grant.ToString()), (told.Reason, told.ApplicationId, told.UserEmail, told.GrantId));
        Assert.Equal((policy.Name, "browser_session", "127.0.0.1", "GET"), (told.PolicyName, told.Credential, told.Address, told.Method));
        Assert.Contains("require", told.Rule, StringComparison.Ordinal);
        Assert.DoesNotContain("canary", told.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("/secret", told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Denied_WhereNoPolicyAdmits_SaysSo()
    {
        var application = await world.AddAsync("refused-machine.test", application => application with { OauthConfiguration = null }, World.PolicyOf(PolicyAction.NonIdentity, new Rule.ServiceToken(Guid.NewGuid())));
        var told = await FindAsync(await GetAsync(
            "refused-machine.test", "/", $"CF-Access-Client-Id: {world.Machine.ClientId}", $"CF-Access-Client-Secret: {world.MachineSecret}"));
        Assert.Equal(("denied", world.Machine.Id.ToString(), application.Id.ToString()), (told.Reason, told.ServiceTokenId, told.ApplicationId));
        Assert.Contains("default deny", told.Rule, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServiceToken_WithAWrongSecret_IsToldByItsName_AndTheSecretIsNot()
    {
        await world.AddAsync("refused-wrong.test");
        var told = await FindAsync(await GetAsync("refused-wrong.test", "/", $"CF-Access-Client-Id: {world.Machine.ClientId}", "CF-Access-Client-Secret: canary-secret"));
        Assert.Equal(("invalid", "service_token", world.Machine.Id.ToString(), ""), (told.Reason, told.Credential, told.ServiceTokenId, told.UserEmail));
        Assert.DoesNotContain("canary", told.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WithoutACredential_NothingIsRefusedYet_ExceptWhereOnlyServiceTokensCome()
    {
        var open = await world.AddAsync("refused-not.test");
        await GetAsync("refused-not.test", "/");
        await GetAsync("refused-not.test", "/", "Accept: text/html");
        await world.AddAsync("refused-nobody.test", application => application with { OauthConfiguration = null }, World.PolicyOf(PolicyAction.NonIdentity, new Rule.AnyValidServiceToken()));

        Assert.Equal("service_token_needed", (await FindAsync(await GetAsync("refused-nobody.test", "/"))).Reason);
        Assert.DoesNotContain(world.Refusals.Entries, entry => entry.ApplicationId == open.Id.ToString());
    }

    [Fact]
    public async Task BadRequest_IsToldByTheCheckThatFailed()
    {
        var told = await FindAsync(await SendAsync("TRACE", "a.test", "/"));
        Assert.Equal(("bad_request", "", "TRACE"), (told.Reason, told.ApplicationId, told.Method));
        Assert.NotEmpty(told.Rule);
    }

    [Fact]
    public async Task Flood_IsSampled_AndHidesNothingElse()
    {
        var application = await world.AddAsync("refused-flood.test");
        for (var i = 0; i < 40; i++)
        {
            Assert.Equal(401, (await GetAsync("refused-flood.test", "/", World.Bearer("mo_at_nonsense")))?.Status);
        }

        var told = await FindAsync(await GetAsync("refused-flood.test", "/", World.Bearer("mo_at_nonsense"), "Cf-Access-Token: nonsense"));
        Assert.Equal("malformed", told.Reason);
        var of = world.Refusals.Entries.Where(entry => entry.ApplicationId == application.Id.ToString() && entry.Reason == "invalid").ToList();

        // The minute may change in between.
        Assert.InRange(of.Count, 10, 20);
        Assert.Contains(of, entry => entry.More);
    }

    private Task<RawResponse?> GetAsync(string host, string target, params string[] headers) => SendAsync("GET", host, target, headers);

    // At an edge of its own: what the tests of a minute are refused is more than the log takes.
    private async Task<RawResponse?> SendAsync(string method, string host, string target, params string[] headers)
    {
        var edge = _edge ??= await EdgeProcess.StartAsync(world.PeerAddresses());
        var position = world.Configuration.Changes.Count;
        await Eventually.Async(() => edge.Get<RouteTableSource>().Current?.Snapshot.Position >= position);
        return await RawConnection.ExchangeAsync(edge.Port, World.Head(method, host, target, headers));
    }

    private async Task<Refusal> FindAsync(RawResponse? answer)
    {
        Assert.NotNull(answer);
        var id = answer["Content-Type"]!.StartsWith("text/html", StringComparison.Ordinal)
            ? System.Text.RegularExpressions.Regex.Match(answer.Body, "[0-9a-f]{32}").Value
            : JsonDocument.Parse(answer.Body).RootElement.GetProperty("flow_id").GetString()!;
        Assert.NotEmpty(id);
        await Eventually.Async(() => world.Refusals.Entries.Any(entry => entry.FlowId == id));
        return Assert.Single(world.Refusals.Entries, entry => entry.FlowId == id);
    }
}
