using System.Net;
using ManagedOAuth.ServiceDefaults.RateLimits;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Token.Tests;

/// <summary>What the public endpoints do to those who ask too often, in the middle of an outage, and from other origins.</summary>
public sealed class EndpointLimitTests(TokenFlowTests.Fixture fixture) : IClassFixture<TokenFlowTests.Fixture>
{
    private readonly TokenCluster _cluster = fixture.Cluster;

    private Replica Replica => _cluster.Replicas[0];

    [Theory]
    [InlineData("/cdn-cgi/access/oauth/token", "token-source", "198.51.100.21")]
    [InlineData("/cdn-cgi/access/oauth/revoke", "revoke-source", "198.51.100.22")]
    public async Task Source_BeyondItsLimit_Gets429WithTheTimeToWait_AndNobodyElseDoes(string path, string limit, string address)
    {
        // Takes the permits of hours ahead: the same counter, at a slower pace.
        var limiter = Replica.Services.GetRequiredService<RateLimiter>();
        for (var taken = 0; taken < 3; taken++)
        {
            await limiter.AcquireAsync(new RateLimit(limit, 1, TimeSpan.FromHours(1), 10), RateLimitSubjects.Source(IPAddress.Parse(address)));
        }

        using var refused = await PostAsync(path, address);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.True(refused.Headers.RetryAfter!.Delta > TimeSpan.Zero);
        Assert.Equal("temporarily_unavailable", (await Reply.ReadAsync(refused)).Error);
        Assert.Equal("no-store", refused.Headers.CacheControl!.ToString());

        using var other = await PostAsync(path, "198.51.100.23");
        Assert.NotEqual(HttpStatusCode.TooManyRequests, other.StatusCode);
    }

    [Theory]
    [InlineData("/cdn-cgi/access/oauth/revoke", "POST")]
    [InlineData("/cdn-cgi/access/certs", "GET")]
    public async Task Scripts_OfAnyOrigin_MayReadTheAnswers_WithoutCredentials(string path, string method)
    {
        using var preflight = new HttpRequestMessage(HttpMethod.Options, path) { Headers = { { "Origin", "https://spa.test" }, { "Access-Control-Request-Method", method } } };
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Headers = { { "Origin", "https://spa.test" } } };
        using var allowed = await Replica.SendAsync(preflight);
        using var answer = await Replica.SendAsync(request);

        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Contains(method, allowed.Headers.GetValues("Access-Control-Allow-Methods").Single(), StringComparison.Ordinal);
        foreach (var response in (HttpResponseMessage[])[allowed, answer])
        {
            Assert.Equal("*", response.Headers.GetValues("Access-Control-Allow-Origin").Single());
            Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials"));
        }
    }

    [Theory]
    [InlineData("access_token")]
    [InlineData("refresh_token")]
    [InlineData("id_token")]
    [InlineData("")]
    public async Task Revocation_WithAWrongOrUnknownHint_FindsTheTokenAllTheSame(string hint)
    {
        var tokens = await _cluster.LoginAsync();
        Task<Reply> RevokeAsync(string token)
            => Replica.PostAsync("/cdn-cgi/access/oauth/revoke", new() { ["token"] = token, ["token_type_hint"] = hint, ["client_id"] = A.ClientId });

        Assert.Equal(HttpStatusCode.OK, (await RevokeAsync(tokens.Access)).Status);
        Assert.Equal(["grant_issued", "access_token_revoked"], await Audit.TypesAsync(_cluster, tokens.GrantId));
        Assert.Equal(HttpStatusCode.OK, (await RevokeAsync(tokens.Refresh)).Status);
        Assert.Equal(["grant_issued", "access_token_revoked", "grant_revoked"], await Audit.TypesAsync(_cluster, tokens.GrantId));
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string address)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new FormUrlEncodedContent([new("client_id", A.ClientId)]) };
        return await Replica.SendAsync(request, client: address);
    }
}
