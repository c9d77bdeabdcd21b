using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Testing;
using ManagedOAuth.Token.Tests.Support;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.Token.Tests.Evaluation;

/// <summary>Refreshes and logins that a service outside has a say in.</summary>
public sealed class ExternalEvaluationTests(ExternalEvaluationTests.Fixture fixture) : IClassFixture<ExternalEvaluationTests.Fixture>, IAsyncLifetime
{
    private readonly TokenCluster _cluster = fixture.Cluster;
    private readonly Evaluator _evaluator = fixture.Evaluator;

    private Replica Replica => _cluster.Replicas[0];

    public Task InitializeAsync()
    {
        _evaluator.Asked.Clear();
        _evaluator.Status = 200;
        return AskAsync(_evaluator.Rule);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Refresh_AsksAboutTheUser_AndDecidesByTheAnswer()
    {
        var tokens = await LoginAsync();
        _evaluator.Says(true);
        var refreshed = await Replica.RefreshAsync(tokens.Refresh);
        Assert.Equal(HttpStatusCode.OK, refreshed.Status);

        var question = Assert.Single(_evaluator.Asked);
        Assert.Equal(("external_evaluation", _evaluator.Rule.EvaluateUrl), (question.GetProperty("type").GetString(), question.GetProperty("aud").GetString()));
        Assert.Equal(("alice@example.com", "203.0.113.7"), (question.GetProperty("identity").GetProperty("email").GetString(), question.GetProperty("identity").GetProperty("ip").GetString()));

        _evaluator.Says(false);
        Assert.Equal("invalid_grant", (await Replica.RefreshAsync(refreshed.Tokens!.Refresh)).Error);
        var end = (await EventsAsync(tokens.GrantId))[^1];
        Assert.Equal("grant_refresh_denied", end.GetProperty("type").GetString());
        Assert.Equal($"default deny: require external_evaluation {_evaluator.Rule.EvaluateUrl} did not match", end.GetProperty("data").GetProperty("decision").GetProperty("rule").GetString());
    }

    [Fact]
    public async Task AccessToken_CarriesWhatWasSaid_ForTheEdgesToDecideOn()
    {
        var tokens = await LoginAsync();
        _evaluator.Says(true);
        var refreshed = (await Replica.RefreshAsync(tokens.Refresh)).Tokens!;
        var accessTokens = (Keys.AccessTokens)Replica.Services.GetService(typeof(Keys.AccessTokens))!;
        var claims = JsonDocument.Parse(Base64UrlEncoder.Decode(accessTokens.Open(refreshed.Access)!.Assertion.Split('.')[1])).RootElement;
        Assert.True(claims.GetProperty("evaluations").GetProperty(_evaluator.Rule.Key).GetBoolean());
    }

    public static TheoryData<string> BadAnswers => new(
        "nonce", "no-nonce", "key", "none", "hs256", "expired", "no-exp", "future", "success-text", "no-success", "no-token", "not-json", "not-a-jwt", "no-json-inside", "odd-header", "huge", "status", "redirect");

    [Theory]
    [MemberData(nameof(BadAnswers))]
    public async Task AnswerThatDoesNotCount_IsAnOutage_AndTheRefreshTokenWorksAfterwards(string what)
    {
        var tokens = await LoginAsync();
        Misbehave(what);
        var refused = await Replica.RefreshAsync(tokens.Refresh);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "temporarily_unavailable"), (refused.Status, refused.Error));

        _evaluator.Status = 200;
        _evaluator.Says(true);
        Assert.Equal(HttpStatusCode.OK, (await Replica.RefreshAsync(tokens.Refresh)).Status);
    }

    [Fact]
    public async Task ServiceThatNeverAnswers_IsAnOutage()
    {
        var tokens = await LoginAsync();
        var never = new TaskCompletionSource<string>();
        _evaluator.Answers = _ => never.Task;
        var impatient = await _cluster.AddReplicaAsync(new() { ["Outbound:AllowedNetworks:0"] = "127.0.0.0/8", ["Token:LookupDeadline"] = "00:00:02" });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await impatient.RefreshAsync(tokens.Refresh)).Status);
        never.SetResult("{}");
        await _cluster.StopAsync(impatient);
    }

    [Fact]
    public async Task AnswerOfAnEarlierQuestion_DoesNotCountAgain()
    {
        var tokens = await LoginAsync();
        var kept = "";
        _evaluator.Answers = nonce => Task.FromResult(kept = Evaluator.Body(_evaluator.Token(nonce, true)));
        var next = (await Replica.RefreshAsync(tokens.Refresh)).Tokens!;
        _evaluator.Answers = _ => Task.FromResult(kept);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Replica.RefreshAsync(next.Refresh)).Status);
    }

    [Fact]
    public async Task Decision_ThatDoesNotDependOnIt_AsksNobody()
    {
        var tokens = await LoginAsync();
        await AskAsync(_evaluator.Rule, new Rule.EmailDomain("nobody.test"));
        Assert.Equal("invalid_grant", (await Replica.RefreshAsync(tokens.Refresh)).Error);
        Assert.Empty(_evaluator.Asked);
    }

    [Fact]
    public async Task ParallelRefreshes_AskOnce_AndGetOneSuccessor()
    {
        var tokens = await LoginAsync();
        _evaluator.Says(true);
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Reply.WhenAvailableAsync(() => Replica.RefreshAsync(tokens.Refresh))));
        Assert.All(answers, answer => Assert.Equal(HttpStatusCode.OK, answer.Status));
        Assert.Single(answers.Select(answer => answer.Tokens!.Refresh).Distinct());
        Assert.Single(_evaluator.Asked);
    }

    [Fact]
    public async Task Inside_IsNotAsked_UnlessTheInstallationNamesItsNetwork()
    {
        var closed = await _cluster.AddReplicaAsync(new() { ["Outbound:AllowedNetworks:0"] = "10.255.0.0/16" });
        var tokens = await LoginAsync();
        _evaluator.Says(true);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await closed.RefreshAsync(tokens.Refresh)).Status);
        Assert.Empty(_evaluator.Asked);
        Assert.Equal(HttpStatusCode.OK, (await Replica.RefreshAsync(tokens.Refresh)).Status);
        await _cluster.StopAsync(closed);
    }

    [Fact]
    public async Task Login_IsAnsweredForAuthorizationServerAlone()
    {
        var client = new ExternalEvaluations.ExternalEvaluationsClient(Replica.Channel);
        var request = new EvaluateRequest { ApplicationId = A.ApplicationId.ToString(), Identity = TokenCluster.Identity(), ClientAddress = "203.0.113.7" };
        _evaluator.Says(true);
        var said = Assert.Single((await client.EvaluateAsync(request, _cluster.Headers("authorization-server"))).Evaluations);
        Assert.Equal((_evaluator.Rule.Key, true), (said.Key, said.Success));

        _evaluator.Status = 500;
        Assert.Empty((await client.EvaluateAsync(request, _cluster.Headers("authorization-server"))).Evaluations);
        Assert.Equal(StatusCode.PermissionDenied, (await Assert.ThrowsAsync<RpcException>(async () => await client.EvaluateAsync(request, _cluster.Headers("edge")))).StatusCode);
    }

    private void Misbehave(string what)
    {
        using var other = RSA.Create(2048);
        var elsewhere = new SigningCredentials(new RsaSecurityKey(other.ExportParameters(true)) { KeyId = "eval-1" }, SecurityAlgorithms.RsaSha256);
        var symmetric = new SigningCredentials(new SymmetricSecurityKey(Encoding.ASCII.GetBytes(new string('k', 64))) { KeyId = "eval-1" }, SecurityAlgorithms.HmacSha256);
        var past = DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeSeconds();
        _evaluator.Status = what switch { "status" => 500, "redirect" => 302, _ => 200 };
        _evaluator.Answers = nonce => Task.FromResult(what switch
        {
            "not-json" => "yes",
            "no-token" => "{}",
            "huge" => Evaluator.Body(new string('a', 600 * 1024)),
            _ => Evaluator.Body(what switch
            {
                "nonce" => _evaluator.Token("another", true),
                "no-nonce" => _evaluator.Token(nonce, true, claims => claims.Remove("nonce")),
                "key" => _evaluator.Token(nonce, true, credentials: elsewhere),
                "hs256" => _evaluator.Token(nonce, true, credentials: symmetric),
                "none" => Unsigned(_evaluator.Token(nonce, true)),
                "expired" => _evaluator.Token(nonce, true, claims => claims["exp"] = past),
                "no-exp" => _evaluator.Token(nonce, true, claims => claims.Remove("exp")),
                "future" => _evaluator.Token(nonce, true, claims => claims["nbf"] = DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeSeconds()),
                "success-text" => _evaluator.Token(nonce, "true"),
                "not-a-jwt" => "a.b.c",
                "no-json-inside" => $"{Base64UrlEncoder.Encode("[]")}.{Base64UrlEncoder.Encode("{")}.c",
                "odd-header" => $"{Base64UrlEncoder.Encode("""{"alg":5,"kid":{}}""")}.{_evaluator.Token(nonce, true).Split('.', 2)[1]}",
                "no-success" => _evaluator.Token(nonce, true, claims => claims.Remove("success")),
                _ => _evaluator.Token(nonce, true),
            }),
        });
    }

    private static string Unsigned(string token)
        => $"{Base64UrlEncoder.Encode("""{"alg":"none","typ":"JWT"}""")}.{token.Split('.')[1]}.";

    private async Task AskAsync(Rule.ExternalEvaluation rule, Rule? include = null)
    {
        var position = _cluster.Peers.ChangePolicy(A.Policy() with { Include = [include ?? new Rule.EmailDomain("example.com")], Require = [rule] });
        await Eventually.Async(() => _cluster.Replicas.All(replica =>
            ((ServiceDefaults.Snapshots.IConfigurationSnapshots)replica.Services.GetService(typeof(ServiceDefaults.Snapshots.IConfigurationSnapshots))!).Current.Position >= position));
    }

    // What authorization-server heard at the login comes with the code.
    private Task<Tokens> LoginAsync() => _cluster.LoginAsync(request => request.Identity.Evaluations.Add(new Contracts.Token.Evaluation { Key = _evaluator.Rule.Key, Success = true }));

    private async Task<IReadOnlyList<JsonElement>> EventsAsync(Guid id)
    {
        var reply = await new GrantQueries.GrantQueriesClient(Replica.Channel).EventsAsync(new GrantEventsRequest { GrantId = id.ToString() }, _cluster.Headers("config"));
        return [.. reply.Events.Select(bytes => JsonDocument.Parse(bytes.ToStringUtf8()).RootElement)];
    }

    public sealed class Fixture : IAsyncLifetime
    {
        internal TokenCluster Cluster { get; private set; } = null!;

        internal Evaluator Evaluator { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Evaluator = await Evaluator.StartAsync();
            Cluster = await TokenCluster.StartAsync(settings: new() { ["Outbound:AllowedNetworks:0"] = "127.0.0.0/8" });
        }

        public async Task DisposeAsync()
        {
            await Cluster.DisposeAsync();
            await Evaluator.DisposeAsync();
        }
    }
}
