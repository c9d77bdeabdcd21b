using System.Text.Json;
using Grpc.Core;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;
using EdgeClient = ManagedOAuth.Contracts.Token.EdgeSessions.EdgeSessionsClient;

namespace ManagedOAuth.Token.Tests;

/// <summary>Browser sessions, service tokens and the admin's queries.</summary>
public sealed class SessionTests(TokenFlowTests.Fixture fixture) : IClassFixture<TokenFlowTests.Fixture>
{
    private readonly TokenCluster _cluster = fixture.Cluster;

    private EdgeClient Edge => new(_cluster.Replicas[0].Channel);

    private GrantQueries.GrantQueriesClient Queries => new(_cluster.Replicas[0].Channel);

    private Metadata AsEdge => _cluster.Headers("edge");

    [Fact]
    public async Task Session_OpenedAndRedeemed_GivesTheAssertionOnce()
    {
        var opened = await OpenAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            try
            {
                return await Edge.RedeemSessionAsync(new RedeemSessionRequest { ApplicationId = A.ApplicationId.ToString(), Code = opened.Code }, AsEdge);
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.NotFound)
            {
                // One of the nine that came too late.
                return null;
            }
        }));

        var redeemed = Assert.Single(answers.OfType<RedeemSessionReply>());
        var claims = Claims(redeemed.Assertion);
        Assert.Equal(opened.GrantId, new Guid(System.Buffers.Text.Base64Url.DecodeFromChars(claims.GetProperty("identity_nonce").GetString()), bigEndian: true).ToString());
        Assert.Equal(redeemed.ExpiresAt.Seconds, claims.GetProperty("exp").GetInt64());
        Assert.InRange(redeemed.ExpiresAt.ToDateTimeOffset() - DateTimeOffset.UtcNow, TimeSpan.FromHours(23.9), TimeSpan.FromHours(24));
    }

    [Fact]
    public async Task Assertion_OfBrowserAndClient_CarriesTheSameClaims()
    {
        var opened = await OpenAsync();
        var browser = Claims((await Edge.RedeemSessionAsync(new RedeemSessionRequest { ApplicationId = A.ApplicationId.ToString(), Code = opened.Code }, AsEdge)).Assertion);
        var access = (await _cluster.LoginAsync()).Access;
        var tokens = (Keys.AccessTokens)_cluster.Replicas[0].Services.GetService(typeof(Keys.AccessTokens))!;
        var client = Claims(tokens.Open(access)!.Assertion);

        Assert.Equal(browser.EnumerateObject().Select(claim => claim.Name), client.EnumerateObject().Select(claim => claim.Name));
        foreach (var same in (string[])["aud", "email", "iss", "type", "sub", "idp"])
        {
            Assert.Equal(browser.GetProperty(same).ToString(), client.GetProperty(same).ToString());
        }
    }

    [Fact]
    public async Task SessionCode_AtAnotherApplicationOrMadeUp_TakesNothing()
    {
        var opened = await OpenAsync();
        var second = Guid.NewGuid();
        _cluster.Peers.Change(snapshot => snapshot with { Applications = snapshot.Applications.SetItem(second, A.Application(second)) });
        await Eventually.Async(async () => await StatusAsync(new RedeemSessionRequest { ApplicationId = second.ToString(), Code = opened.Code }) == StatusCode.NotFound);
        var made = Secrets.GrantSecret.New("mo_sc_", Guid.Parse(opened.GrantId)).Text;
        Assert.Equal(StatusCode.NotFound, await StatusAsync(new RedeemSessionRequest { ApplicationId = A.ApplicationId.ToString(), Code = made }));
        Assert.Equal(StatusCode.OK, await StatusAsync(new RedeemSessionRequest { ApplicationId = A.ApplicationId.ToString(), Code = opened.Code }));
    }

    [Fact]
    public async Task Session_Ended_IsInTheFeedAndLeavesOAuthGrantsAlone()
    {
        var tokens = await _cluster.LoginAsync();
        var opened = await OpenAsync();
        await Edge.EndSessionAsync(new EndSessionRequest { ApplicationId = A.ApplicationId.ToString(), GrantId = tokens.GrantId.ToString() }, AsEdge);
        await Edge.EndSessionAsync(new EndSessionRequest { ApplicationId = A.ApplicationId.ToString(), GrantId = opened.GrantId }, AsEdge);
        await using var feed = new FeedReader(_cluster);
        await feed.WaitForAsync(Guid.Parse(opened.GrantId));

        Assert.Equal(["grant_issued"], await Audit.TypesAsync(_cluster, tokens.GrantId));
        Assert.Equal(StatusCode.NotFound, await StatusAsync(new RedeemSessionRequest { ApplicationId = A.ApplicationId.ToString(), Code = opened.Code }));
    }

    [Fact]
    public async Task ServiceAssertion_ForAnEnabledToken_NamesItAndNoUser()
    {
        var token = new ServiceToken { Id = Guid.NewGuid(), Name = "ci", ClientId = new string('c', 32) + ".access", SecretHash = new string('0', 64) };
        _cluster.Peers.Change(snapshot => snapshot with { ServiceTokens = snapshot.ServiceTokens.SetItem(token.Id, token) });
        var request = new MintServiceAssertionRequest { ApplicationId = A.ApplicationId.ToString(), ServiceTokenId = token.Id.ToString(), ClientId = token.ClientId };
        var minted = await Eventually.Async(async () => await Edge.MintServiceAssertionAsync(request, AsEdge));
        var claims = Claims(minted.Assertion);
        Assert.Equal((token.ClientId, "", new string('a', 64)), (claims.GetProperty("common_name").GetString(), claims.GetProperty("sub").GetString(), claims.GetProperty("aud").GetString()));

        request.ClientId = "other.access";
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(async () => await Edge.MintServiceAssertionAsync(request, AsEdge))).StatusCode);
    }

    [Fact]
    public async Task ReadingAssertion_IsForMcpServersAlone_AndNamesTheReaderAndNoUser()
    {
        var server = Guid.NewGuid();
        _cluster.Peers.Change(snapshot => snapshot with { Applications = snapshot.Applications.SetItem(server, A.Application(server) with { Type = ApplicationType.Mcp, Aud = new string('b', 64) }) });
        var client = new ReadingAssertions.ReadingAssertionsClient(_cluster.Replicas[0].Channel);
        var request = new MintReadingAssertionRequest { ApplicationId = server.ToString() };
        var minted = await Eventually.Async(async () => await client.MintAsync(request, _cluster.Headers("config")));
        var claims = Claims(minted.Assertion);
        Assert.Equal(("managedoauth-config", "", new string('b', 64)), (claims.GetProperty("common_name").GetString(), claims.GetProperty("sub").GetString(), claims.GetProperty("aud").GetString()));
        Assert.Equal(120, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());

        Assert.Equal(StatusCode.PermissionDenied, await StatusOfAsync(A.ApplicationId, "config"));
        Assert.Equal(StatusCode.PermissionDenied, await StatusOfAsync(server, "edge"));
        Assert.Equal(StatusCode.Unavailable, await StatusOfAsync(Guid.NewGuid(), "config"));

        async Task<StatusCode> StatusOfAsync(Guid application, string caller)
            => (await Assert.ThrowsAsync<RpcException>(async () => await client.MintAsync(new MintReadingAssertionRequest { ApplicationId = application.ToString() }, _cluster.Headers(caller)))).StatusCode;
    }

    [Fact]
    public async Task List_Filtered_PagesThroughEverythingOnce()
    {
        var client = "list-" + Guid.NewGuid().ToString("N");
        var made = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            var code = await _cluster.CodeAsync(request => request.ClientId = client);
            made.Insert(0, (await _cluster.Replicas[0].RedeemAsync(code, client: client)).Tokens!.GrantId.ToString());
        }

        await Queries.RevokeAsync(new RevokeGrantRequest { GrantId = made[2], Actor = "admin", Reason = "left the company" }, _cluster.Headers("config"));
        var (seen, cursor) = (new List<string>(), "");
        do
        {
            var page = await ListAsync(new ListGrantsRequest { ClientId = client, Limit = 2, Cursor = cursor });
            Assert.Equal(5, page.TotalCount);
            seen.AddRange(page.Grants.Select(json => JsonDocument.Parse(json.Memory).RootElement.GetProperty("id").GetString()!));
            cursor = page.NextCursor;
        }
        while (cursor.Length > 0);
        Assert.Equal(made, seen);

        Assert.Equal(4, (await ListAsync(new ListGrantsRequest { ClientId = client, Status = "active" })).TotalCount);
        Assert.Equal(1, (await ListAsync(new ListGrantsRequest { ClientId = client, Status = "ended", ApplicationId = A.ApplicationId.ToString(), Email = "Alice@example.com", Kind = "oauth" })).TotalCount);
        Assert.Equal(0, (await ListAsync(new ListGrantsRequest { ClientId = client, Kind = "browser" })).TotalCount);
        foreach (var bad in (ListGrantsRequest[])[new() { Status = "x" }, new() { Kind = "x" }, new() { Cursor = "x" }, new() { UserId = "x" }])
        {
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => ListAsync(bad))).StatusCode);
        }
    }

    [Fact]
    public async Task Grant_UsedFromTwoAddresses_TellsBothInItsHistory()
    {
        var tokens = await _cluster.LoginAsync();
        var first = await _cluster.Replicas[0].RefreshAsync(tokens.Refresh, address: "198.51.100.9");
        await _cluster.Replicas[0].RefreshAsync(first.Tokens!.Refresh);
        var addresses = (await Audit.EventsAsync(_cluster, tokens.GrantId)).Select(entry => entry.GetProperty("data").GetProperty("client_address").GetString());
        Assert.Equal(["203.0.113.7", "198.51.100.9", "203.0.113.7"], addresses);
    }

    [Fact]
    public async Task Revoke_ByAnAdministrator_IsIdempotentAndRecorded()
    {
        var tokens = await _cluster.LoginAsync();
        var request = new RevokeGrantRequest { GrantId = tokens.GrantId.ToString(), Actor = "api-token ops", Reason = "lost laptop" };
        for (var i = 0; i < 2; i++)
        {
            var json = JsonDocument.Parse((await Queries.RevokeAsync(request, _cluster.Headers("config"))).Json.Memory).RootElement;
            Assert.Equal(("ended", "grant_revoked"), (json.GetProperty("status").GetString(), json.GetProperty("end_reason").GetString()));
        }

        var events = await Audit.EventsAsync(_cluster, tokens.GrantId);
        Assert.Equal(2, events.Length);
        Assert.Equal(("api-token ops", "lost laptop", "administrator"), (events[1].GetProperty("actor").GetString(), events[1].GetProperty("data").GetProperty("comment").GetString(), events[1].GetProperty("data").GetProperty("reason").GetString()));
        Assert.Equal(32, events[0].GetProperty("trace_id").GetString()!.Length);
        Assert.Equal("f10a", events[0].GetProperty("data").GetProperty("flow_id").GetString());

        request.GrantId = Guid.NewGuid().ToString();
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(async () => await Queries.RevokeAsync(request, _cluster.Headers("config")))).StatusCode);
    }

    private async Task<ListGrantsReply> ListAsync(ListGrantsRequest request) => await Queries.ListAsync(request, _cluster.Headers("config"));

    private async Task<OpenSessionReply> OpenAsync() => await new Contracts.Token.Codes.CodesClient(_cluster.Replicas[0].Channel).OpenSessionAsync(
        new OpenSessionRequest { ApplicationId = A.ApplicationId.ToString(), Identity = TokenCluster.Identity(), Decision = TokenCluster.Decision(), FlowId = "f", ClientAddress = "203.0.113.7", UserAgent = "Firefox" },
        _cluster.Headers("authorization-server"));

    private async Task<StatusCode> StatusAsync(RedeemSessionRequest request)
    {
        try
        {
            await Edge.RedeemSessionAsync(request, AsEdge);
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    private static JsonElement Claims(string jwt) => JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(jwt.Split('.')[1])).RootElement;
}
