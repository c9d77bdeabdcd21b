using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.AuthorizationServer.Tests.Login;

/// <summary>Logins that a service outside has a say in.</summary>
[Collection(ServiceTests.Name)]
public sealed class ExternalEvaluationTests(Service service) : IAsyncLifetime, IDisposable
{
    private static readonly Rule.ExternalEvaluation s_rule = new("https://eval.test/", "https://eval.test/keys");
    private readonly Browser _browser = new(service);
    private readonly string _email = $"eva-{Guid.NewGuid():N}@example.com";
    private int _asked;

    public Task InitializeAsync() => service.ConfigureAsync(feed => feed.Put(Service.AllowExample with { Require = [s_rule] }));

    public Task DisposeAsync() => service.ResetAsync();

    [Fact]
    public async Task Yes_LeadsToConsent_AndTheCodeCarriesTheAnswer_AskedOnce()
    {
        Says(true);
        var client = await _browser.RegisterAsync();
        var page = await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client)));
        var consent = await _browser.FollowAsync(await _browser.LogInAsync(page, _email));
        Assert.Contains("value=\"approve\"", consent.Body);
        Assert.Equal(303, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status);
        var said = Assert.Single(service.Peers.Codes.Codes.Single(code => code.ClientId == client).Identity.Evaluations);
        Assert.Equal((s_rule.Key, true), (said.Key, said.Success));
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task No_IsADenial()
    {
        Says(false);
        var client = await _browser.RegisterAsync();
        var page = await _browser.FollowAsync(await _browser.GetAsync(Requests.Authorize(client)));
        var denied = await _browser.FollowAsync(await _browser.LogInAsync(page, _email));
        Assert.Equal("access_denied", denied.Parameter("error"));
    }

    [Fact]
    public async Task NoAnswer_IsAnOutageWithAWayOn_AndNoDenial()
    {
        service.Peers.Codes.Evaluate = _ => new EvaluateReply();
        var page = await _browser.FollowAsync(await _browser.GetAsync(Service.Team + "/cdn-cgi/access/login?application=" + Service.Plain.Id));
        var open = await _browser.FollowAsync(await _browser.LogInAsync(page, _email));
        Assert.Equal(503, open.Status);
        Assert.Contains("does not answer", open.Body);

        service.Peers.Codes.Evaluate = _ => throw new RpcException(new Status(StatusCode.Unavailable, "token is away"));
        Assert.Equal(503, (await _browser.GetAsync(open.Url)).Status);

        Says(true);
        var through = await _browser.GetAsync(open.Url);
        Assert.StartsWith("http://localhost:8704/cdn-cgi/access/authorized?code=", through.Location);
        Assert.Single(service.Peers.Codes.Sessions, session => session.Identity.Email == _email && session.Identity.Evaluations.Single().Success);
    }

    public void Dispose() => _browser.Dispose();

    private void Says(bool success) => service.Peers.Codes.Evaluate = request =>
    {
        _asked++;
        Assert.Equal(_email, request.Identity.Email);
        return new EvaluateReply { Evaluations = { new Evaluation { Key = s_rule.Key, Success = success } } };
    };
}
