using System.Net;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.RateLimits;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Token.Tests;

/// <summary>The endpoints on one replica, with everything behind them real.</summary>
public sealed class TokenFlowTests(TokenFlowTests.Fixture fixture) : IClassFixture<TokenFlowTests.Fixture>
{
    private readonly TokenCluster _cluster = fixture.Cluster;

    private Replica Replica => _cluster.Replicas[0];

    [Fact]
    public async Task Code_RedeemedAndRefreshed_GivesWorkingTokens()
    {
        var answer = await Replica.RedeemAsync(await _cluster.CodeAsync());
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        var json = answer.Json!.Value;
        Assert.Equal(["access_token", "token_type", "expires_in", "refresh_token", "scope", "resource"], json.EnumerateObject().Select(member => member.Name).OrderBy(name => Array.IndexOf(s_order, name)));
        Assert.Equal(("Bearer", 900, "", A.Origin), (json.GetProperty("token_type").GetString(), json.GetProperty("expires_in").GetInt32(), json.GetProperty("scope").GetString(), json.GetProperty("resource").GetString()));

        var refreshed = await Replica.RefreshAsync(answer.Tokens!.Refresh);
        Assert.Equal(HttpStatusCode.OK, refreshed.Status);
        Assert.NotEqual(answer.Tokens.Refresh, refreshed.Tokens!.Refresh);
        Assert.Equal(["grant_issued", "grant_refreshed"], await EventsAsync(answer.Tokens.GrantId));
    }

    [Fact]
    public async Task AccessToken_OpenedWithTheKeysOfTheFeed_HoldsTheAssertion()
    {
        var tokens = await _cluster.LoginAsync();
        using var call = new Contracts.Token.Keys.KeysClient(Replica.Channel).Watch(new KeysRequest(), _cluster.Headers("edge"));
        Assert.True(await call.ResponseStream.MoveNext(default));
        var frame = call.ResponseStream.Current;
        Assert.All(frame.SealingKeys, key => Assert.Equal((8, 32), (key.KeyId.Length, key.Key.Length)));

        Assert.True(Contracts.Tokens.SealedAccessToken.TryOpen(
            tokens.Access,
            id => frame.SealingKeys.Where(candidate => System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(candidate.KeyId.Span) == id)
                .Select(candidate => new System.Security.Cryptography.AesGcm(candidate.Key.Span, 16)).FirstOrDefault(),
            out var payload));
        Assert.Equal((tokens.GrantId, A.ClientId, new string('a', 64)), (payload!.GrantId, payload.ClientId, payload.Audience));

        var claims = JsonDocument.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(payload.Assertion.Split('.')[1])).RootElement;
        Assert.Equal(("alice@example.com", "http://localhost:8702"), (claims.GetProperty("email").GetString(), claims.GetProperty("iss").GetString()));
        Assert.Equal(payload.ExpiresAt.ToUnixTimeSeconds(), claims.GetProperty("exp").GetInt64());
        using var certs = await Replica.SendAsync(new HttpRequestMessage(HttpMethod.Get, "/cdn-cgi/access/certs"));
        Assert.Equal(frame.Jwks.ToStringUtf8(), await certs.Content.ReadAsStringAsync());
        Assert.NotNull(certs.Headers.CacheControl!.MaxAge);
    }

    [Fact]
    public async Task Code_UsedAgain_EndsTheGrant()
    {
        var code = await _cluster.CodeAsync();
        var tokens = (await Replica.RedeemAsync(code)).Tokens!;
        Assert.Equal("invalid_grant", (await Replica.RedeemAsync(code)).Error);
        Assert.Equal("invalid_grant", (await Replica.RefreshAsync(tokens.Refresh)).Error);
        Assert.Equal(["grant_issued", "grant_replay_detected"], await EventsAsync(tokens.GrantId));
    }

    [Fact]
    public async Task Code_UsedAgainWithAWrongVerifierOrByAnother_LeavesTheGrantAlone()
    {
        _cluster.Peers.Clients["client-2"] = null;
        var code = await _cluster.CodeAsync();
        var tokens = (await Replica.RedeemAsync(code)).Tokens!;
        Assert.Equal("invalid_grant", (await Replica.RedeemAsync(code, verifier: A.Verifier[..^1] + "x")).Error);
        Assert.Equal("invalid_grant", (await Replica.RedeemAsync(code, client: "client-2")).Error);
        Assert.Equal("invalid_client", (await Replica.RedeemAsync(code, client: "stranger")).Error);
        Assert.Equal(HttpStatusCode.OK, (await Replica.RefreshAsync(tokens.Refresh)).Status);
    }

    [Fact]
    public async Task Code_WithFewWrongVerifiers_StillWorksAndWithFiveItIsDead()
    {
        var (tolerated, dead) = (await _cluster.CodeAsync(), await _cluster.CodeAsync());
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal("invalid_grant", (await Replica.RedeemAsync(dead, verifier: A.Verifier[..^1] + i)).Error);
            Assert.True(i == 4 || (await Replica.RedeemAsync(tolerated, verifier: A.Verifier[..^1] + i)).Error == "invalid_grant");
        }

        Assert.Equal(HttpStatusCode.OK, (await Replica.RedeemAsync(tolerated)).Status);
        Assert.Equal("invalid_grant", (await Replica.RedeemAsync(dead)).Error);
    }

    [Fact]
    public async Task Code_AfterAFailedValidation_IsStillRedeemable()
    {
        var code = await _cluster.CodeAsync();
        Dictionary<string, string> right = new() { ["grant_type"] = "authorization_code", ["code"] = code, ["client_id"] = A.ClientId, ["code_verifier"] = A.Verifier };
        foreach (var (name, value, error) in ((string, string, string)[])[("redirect_uri", "http://evil.test/", "invalid_grant"), ("resource", "http://localhost:8701", "invalid_target"), ("scope", "more", "invalid_scope")])
        {
            Assert.Equal(error, (await Replica.PostAsync("/cdn-cgi/access/oauth/token", new(right) { [name] = value })).Error);
        }

        Assert.Equal(HttpStatusCode.OK, (await Replica.PostAsync("/cdn-cgi/access/oauth/token", right)).Status);
    }

    [Fact]
    public async Task Code_Mutilated_TouchesNothing()
    {
        var code = await _cluster.CodeAsync();
        var other = await _cluster.CodeAsync();
        string[] wrong = [code + "A", code[..^1], code.ToUpperInvariant(), code[..28] + other[28..], "mo_ac_", "x", code.Replace("mo_ac_", "mo_rt_", StringComparison.Ordinal)];
        foreach (var text in wrong)
        {
            Assert.Equal("invalid_grant", (await Replica.RedeemAsync(text)).Error);
        }

        Assert.Equal(HttpStatusCode.OK, (await Replica.RedeemAsync(code)).Status);
    }

    [Fact]
    public async Task RefreshToken_ThreeGenerationsOld_EndsTheGrantOnce()
    {
        var first = await _cluster.LoginAsync();
        var second = (await Replica.RefreshAsync(first.Refresh)).Tokens!;
        var third = (await Replica.RefreshAsync(second.Refresh)).Tokens!;

        foreach (var token in (string[])[first.Refresh, second.Refresh, third.Refresh, first.Refresh])
        {
            Assert.Equal("invalid_grant", (await Replica.RefreshAsync(token)).Error);
        }

        Assert.Equal(["grant_issued", "grant_refreshed", "grant_refreshed", "grant_replay_detected"], await EventsAsync(first.GrantId));
    }

    [Fact]
    public async Task RefreshToken_AnswerLost_TheRetryGetsTheSameSuccessor()
    {
        var first = await _cluster.LoginAsync();
        var lost = (await Replica.RefreshAsync(first.Refresh)).Tokens!;
        var again = (await Replica.RefreshAsync(first.Refresh)).Tokens!;

        Assert.Equal(lost.Refresh, again.Refresh);
        Assert.NotEqual(lost.Access, again.Access);
        Assert.Equal(HttpStatusCode.OK, (await Replica.RefreshAsync(again.Refresh)).Status);
        Assert.Equal(["grant_issued", "grant_refreshed", "grant_refresh_repeated", "grant_refreshed"], await EventsAsync(first.GrantId));
    }

    [Fact]
    public async Task RefreshToken_MadeUpForARealGrant_LeavesTheGrantAlone()
    {
        var tokens = await _cluster.LoginAsync();
        Assert.Equal("invalid_grant", (await Replica.RefreshAsync(A.RefreshToken(tokens.GrantId).Text)).Error);
        Assert.Equal(HttpStatusCode.OK, (await Replica.RefreshAsync(tokens.Refresh)).Status);
    }

    [Fact]
    public async Task RefreshTokens_GuessedWithoutEnd_AreThrottledByClient_AndLockNobodyOut()
    {
        var tokens = await _cluster.LoginAsync();
        _cluster.Peers.Clients["guesser"] = null;
        async Task<HttpStatusCode> GuessAsync() => (await Replica.PostAsync(
            "/cdn-cgi/access/oauth/token",
            new() { ["grant_type"] = "refresh_token", ["client_id"] = "guesser", ["refresh_token"] = A.RefreshToken(tokens.GrantId).Text },
            client: "198.51.100.77")).Status;

        Assert.Equal(HttpStatusCode.BadRequest, await GuessAsync());

        // Takes the permits of hours ahead: the same counter, at a slower pace. By guessing alone a slow machine never comes to the end of them.
        var limiter = Replica.Services.GetRequiredService<RateLimiter>();
        for (var taken = 0; taken < 3; taken++)
        {
            await limiter.AcquireAsync(new RateLimit("token-client", 1, TimeSpan.FromHours(1), 10), $"{A.ApplicationId}/guesser");
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, await GuessAsync());
        Assert.Equal(HttpStatusCode.OK, (await Replica.RefreshAsync(tokens.Refresh)).Status);
    }

    [Fact]
    public async Task RefreshToken_WithAFailedValidation_StillWorksAfterwards()
    {
        _cluster.Peers.Clients["client-3"] = null;
        var tokens = await _cluster.LoginAsync();
        Assert.Equal("invalid_grant", (await Replica.RefreshAsync(tokens.Refresh, client: "client-3")).Error);
        Assert.Equal("invalid_client", (await Replica.RefreshAsync(tokens.Refresh, client: "stranger")).Error);
        Dictionary<string, string> form = new() { ["grant_type"] = "refresh_token", ["refresh_token"] = tokens.Refresh, ["client_id"] = A.ClientId };
        Assert.Equal("invalid_target", (await Replica.PostAsync("/cdn-cgi/access/oauth/token", new(form) { ["resource"] = "http://localhost:8701/" })).Error);
        Assert.Equal("invalid_scope", (await Replica.PostAsync("/cdn-cgi/access/oauth/token", new(form) { ["scope"] = "admin" })).Error);
        Assert.Equal(HttpStatusCode.OK, (await Replica.PostAsync("/cdn-cgi/access/oauth/token", new(form) { ["resource"] = A.Origin + "/mcp" })).Status);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("HEAD")]
    public async Task Endpoints_WithAnotherMethod_Answer405(string method)
    {
        foreach (var path in (string[])["/cdn-cgi/access/oauth/token?grant_type=refresh_token", "/cdn-cgi/access/oauth/revoke"])
        {
            using var response = await Replica.SendAsync(new HttpRequestMessage(new HttpMethod(method), path));
            Assert.Equal(HttpStatusCode.MethodNotAllowed, response.StatusCode);
            Assert.Contains("POST", response.Content.Headers.Allow);
        }
    }

    [Fact]
    public async Task Endpoint_Preflight_IsAnsweredWithoutCredentials()
    {
        using var request = new HttpRequestMessage(HttpMethod.Options, "/cdn-cgi/access/oauth/token") { Headers = { { "Origin", "https://spa.test" }, { "Access-Control-Request-Method", "POST" } } };
        using var response = await Replica.SendAsync(request);
        Assert.Equal(HttpStatusCode.NoContent, response.StatusCode);
        Assert.Equal("*", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
        Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task Endpoint_AnyAnswer_IsNeverStored()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/cdn-cgi/access/oauth/token") { Content = new StringContent("{}", Encoding.UTF8, "application/json") };
        using var response = await Replica.SendAsync(request);
        Assert.Equal((HttpStatusCode.BadRequest, "no-store", "no-cache", "application/json"), (response.StatusCode, response.Headers.CacheControl!.ToString(), response.Headers.Pragma.ToString(), response.Content.Headers.ContentType!.MediaType));
    }

    [Theory]
    [InlineData(16 * 1024 + 1)]
    [InlineData(200_000)]
    public async Task Endpoint_BodyAboveTheLimit_IsInvalidRequest(int length)
        => Assert.Equal("invalid_request", (await Replica.PostAsync("/cdn-cgi/access/oauth/token", new() { ["code"] = new string('x', length) })).Error);

    [Fact]
    public async Task Endpoint_WithoutEdgesCredential_IsForbidden()
    {
        using var response = await Replica.SendBareAsync(new HttpRequestMessage(HttpMethod.Post, "/cdn-cgi/access/oauth/token") { Content = new FormUrlEncodedContent([]) });
        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    public async Task Parameters_InTheUrl_AreNotLookedAt()
    {
        var tokens = await _cluster.LoginAsync();
        var answer = await Replica.PostAsync($"/cdn-cgi/access/oauth/token?refresh_token={tokens.Refresh}", new() { ["grant_type"] = "refresh_token", ["client_id"] = A.ClientId });
        Assert.Equal("invalid_request", answer.Error);
    }

    [Fact]
    public async Task Code_AtAnotherApplication_IsRefused()
    {
        var second = Guid.NewGuid();
        _cluster.Peers.Change(snapshot => snapshot with { Applications = snapshot.Applications.SetItem(second, A.Application(second) with { Aud = new string('b', 64), Domain = "localhost:8701" }) });
        var code = await _cluster.CodeAsync();
        await Eventually.Async(async () => (await Replica.RedeemAsync(code, application: second)).Error == "invalid_grant");
        Assert.Equal(HttpStatusCode.OK, (await Replica.RedeemAsync(code)).Status);
    }

    [Fact]
    public async Task GrpcMethods_ForAnotherCallerOrNone_AreClosed()
    {
        var codes = new Contracts.Token.Codes.CodesClient(Replica.Channel);
        Assert.Equal(Grpc.Core.StatusCode.PermissionDenied, (await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await codes.CreateCodeAsync(new CreateCodeRequest(), _cluster.Headers("edge")))).StatusCode);
        Assert.Equal(Grpc.Core.StatusCode.Unauthenticated, (await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await codes.CreateCodeAsync(new CreateCodeRequest()))).StatusCode);
        Assert.Equal(Grpc.Core.StatusCode.InvalidArgument, (await Assert.ThrowsAsync<Grpc.Core.RpcException>(async () => await codes.CreateCodeAsync(new CreateCodeRequest(), _cluster.Headers("authorization-server")))).StatusCode);
    }

    private static readonly string[] s_order = ["access_token", "token_type", "expires_in", "refresh_token", "scope", "resource"];

    private Task<string[]> EventsAsync(Guid grantId) => Audit.TypesAsync(_cluster, grantId);

    public sealed class Fixture : IAsyncLifetime
    {
        public TokenCluster Cluster { get; private set; } = null!;

        public async Task InitializeAsync() => Cluster = await TokenCluster.StartAsync();

        public async Task DisposeAsync() => await Cluster.DisposeAsync();
    }
}
