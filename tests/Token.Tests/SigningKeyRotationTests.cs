using System.Net;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Keys;
using ManagedOAuth.Token.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Token.Tests;

/// <summary>A rotation of the signing keys while sessions and grants live.</summary>
public sealed class SigningKeyRotationTests : IAsyncLifetime
{
    private TokenCluster _cluster = null!;

    public async Task InitializeAsync() => _cluster = await TokenCluster.StartAsync(replicas: 2, settings: new() { ["Token:SigningKeyLead"] = "00:00:00" });

    public async Task DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Rotation_NewAssertionsHaveTheNewKey_OldOnesStayValid_AndEdgesLearnIt()
    {
        using var edge = new Contracts.Token.Keys.KeysClient(_cluster.Replicas[1].Channel).Watch(new KeysRequest(), _cluster.Headers("edge"));
        Assert.True(await edge.ResponseStream.MoveNext(default));
        var session = await OpenSessionAsync();
        var grant = await _cluster.LoginAsync();
        var old = KeyOf(session);
        Assert.Equal(old, KeyOf(AssertionIn(grant)));

        await new SigningKeyAdmin.SigningKeyAdminClient(_cluster.Replicas[0].Channel).RotateAsync(new RotateSigningKeysRequest { Actor = "api-token:test" }, _cluster.Headers("config"));

        // The stream that was open all the time brings it; the other replica signs with it too.
        var refreshed = grant;
        await Eventually.Async(async () =>
        {
            refreshed = (await _cluster.Replicas[1].RefreshAsync(refreshed.Refresh)).Tokens ?? refreshed;
            return KeyOf(AssertionIn(refreshed, replica: 1)) != old;
        });
        var current = KeyOf(AssertionIn(refreshed, replica: 1));
        Assert.Equal(current, KeyOf(await OpenSessionAsync()));
        while (!edge.ResponseStream.Current.Jwks.ToStringUtf8().Contains(current, StringComparison.Ordinal) || KeysIn(edge.ResponseStream.Current).Count < 3)
        {
            Assert.True(await edge.ResponseStream.MoveNext(new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token));
        }

        // Whoever has the key set of now verifies both; the published set is that of the feed.
        using var certs = await _cluster.Replicas[1].SendAsync(new HttpRequestMessage(HttpMethod.Get, "/cdn-cgi/access/certs"));
        var published = await certs.Content.ReadAsStringAsync();
        Assert.Equal(edge.ResponseStream.Current.Jwks.ToStringUtf8(), published);
        foreach (var assertion in (string[])[session, AssertionIn(grant), AssertionIn(refreshed, replica: 1)])
        {
            var verdict = await new JsonWebTokenHandler().ValidateTokenAsync(assertion, new TokenValidationParameters
            {
                IssuerSigningKeys = new JsonWebKeySet(published).GetSigningKeys(), ValidIssuer = "http://localhost:8702", ValidAudience = new string('a', 64),
            });
            Assert.True(verdict.IsValid, verdict.Exception?.Message);
        }

        Assert.Equal(HttpStatusCode.OK, (await _cluster.Replicas[0].RefreshAsync(refreshed.Refresh)).Status);
    }

    private static List<string> KeysIn(KeysFrame frame) => [.. new JsonWebKeySet(frame.Jwks.ToStringUtf8()).Keys.Select(key => key.Kid)];

    private static string KeyOf(string assertion) => new JsonWebToken(assertion).Kid;

    private string AssertionIn(Tokens tokens, int replica = 0) => _cluster.Replicas[replica].Services.GetRequiredService<AccessTokens>().Open(tokens.Access)!.Assertion;

    private async Task<string> OpenSessionAsync()
    {
        var opened = await new Contracts.Token.Codes.CodesClient(_cluster.Replicas[0].Channel).OpenSessionAsync(
            new OpenSessionRequest { ApplicationId = A.ApplicationId.ToString(), Identity = TokenCluster.Identity(), Decision = TokenCluster.Decision(), FlowId = "f", ClientAddress = "203.0.113.7" },
            _cluster.Headers("authorization-server"));
        var redeemed = await new EdgeSessions.EdgeSessionsClient(_cluster.Replicas[0].Channel).RedeemSessionAsync(
            new RedeemSessionRequest { ApplicationId = A.ApplicationId.ToString(), Code = opened.Code }, _cluster.Headers("edge"));
        return redeemed.Assertion;
    }
}
