using Grpc.Core;
using ManagedOAuth.AuthorizationServer.Sessions;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.MyAccess;

[Collection(ServiceTests.Name)]
public sealed class SignOutEverywhereTests(Service service) : IDisposable
{
    private const string MyAccess = Service.Team + "/cdn-cgi/access/my-access";
    private readonly Browser _browser = new(service);
    private readonly Browser _other = new(service, "203.0.113.62");
    private readonly string _email = $"olga-{Guid.NewGuid():N}@example.com";

    [Fact]
    public async Task EndsTheOtherBrowsersFirst_ThenEveryGrantAndWaitingCode_AndThisBrowserLast()
    {
        await _other.LogInAsync(await OpenAsync(_other), _email);
        await _browser.LogInAsync(await OpenAsync(_browser), _email);
        var page = await _browser.GetAsync(MyAccess);
        service.Peers.Codes.Fails = StatusCode.Unavailable;
        try
        {
            Assert.Equal(503, (await _browser.SubmitAsync(page, ("action", "everywhere"))).Status);
            Assert.Equal(401, (await _other.GetAsync(MyAccess)).Status);
            Assert.Equal(200, (await _browser.GetAsync(MyAccess)).Status);
        }
        finally
        {
            service.Peers.Codes.Fails = null;
        }

        Assert.Contains("signed out everywhere", (await _browser.SubmitAsync(page, ("action", "everywhere"))).Body, StringComparison.Ordinal);
        Assert.Equal(401, (await _browser.GetAsync(MyAccess)).Status);
        var asked = service.Peers.Codes.Ended.Where(request => request.Email == _email).TakeLast(2).ToList();
        Assert.Equal([false, true], asked.Select(request => request.GoesOn));
        Assert.All(asked, request => Assert.Equal(("", $"user:{_email}", true), (request.ApplicationId, request.Actor, request.ByUser)));
    }

    [Fact]
    public async Task EndsMoreSessionsThanOneSaveHasRoomFor()
    {
        const int Many = 1100;
        await _browser.LogInAsync(await OpenAsync(_browser), _email);
        var store = service.Services.GetRequiredService<IDocumentStore>();
        await using (var unit = store.LightweightSession())
        {
            var own = (await SessionsAsync(unit)).Single();
            foreach (var index in Enumerable.Range(0, Many))
            {
                unit.Insert(own with { Id = $"{own.Id}-{index}" });
            }

            await unit.SaveChangesAsync();
        }

        Assert.Equal(200, (await _browser.SubmitAsync(await _browser.GetAsync(MyAccess), ("action", "everywhere"))).Status);
        await using var query = store.QuerySession();
        Assert.Empty(await SessionsAsync(query));
    }

    public void Dispose()
    {
        _browser.Dispose();
        _other.Dispose();
    }

    private Task<IReadOnlyList<TeamSession>> SessionsAsync(IQuerySession session) => session.QueryAsync<TeamSession>("where data ->> 'email' = ?", default, _email);

    private static async Task<Answer> OpenAsync(Browser browser)
        => await browser.FollowAsync(await browser.GetAsync($"{Service.Team}/cdn-cgi/access/login?application={Service.Plain.Id}&redirect_url=/&state=s"));
}
