using ManagedOAuth.AuthorizationServer.Registration;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.Registration;

/// <summary>What clients were refused is kept for administrators, and no more of it than helps them.</summary>
[Collection(ServiceTests.Name)]
public sealed class RefusedRedirectUriTests(Service service) : IDisposable
{
    // An address of its own for each test class: the limit per source must not couple them.
    private readonly Browser _browser = new(service);

    private RefusedRedirectUris Refused => service.Services.GetRequiredService<RefusedRedirectUris>();

    [Fact]
    public async Task Refused_IsNotedOnce_AndCounted()
    {
        var uri = $"https://{Guid.NewGuid():N}.test/callback";
        var body = $$"""{"redirect_uris":["{{uri}}","http://127.0.0.1:5/hopeless#fragment","http://evil.test/plain"],"client_name":"Play\u202eground"}""";
        Assert.Equal(400, (await _browser.RegisterRawAsync("http://localhost:8700", body)).Status);
        Assert.Equal(400, (await _browser.RegisterRawAsync("http://localhost:8700", body)).Status);
        var known = await Refused.ListAsync(Service.Orders.Id, default);
        var one = Assert.Single(known, entry => entry.Uri == uri);
        Assert.Equal((2, "Playground"), (one.Attempts, one.ClientName));
        Assert.True(one.FirstAt <= one.LastAt);

        // What no entry of the settings could admit is of no use to anybody.
        Assert.DoesNotContain(known, entry => entry.Uri.StartsWith("http:", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhatCouldNotBeAllowedAsItStands_IsNotNoted()
    {
        var host = $"{Guid.NewGuid():N}.test";
        var body = $$"""{"redirect_uris":["https://{{host}}/*","https://{{host}}/cb\u200b","https://{{host}}/{{new string('a', 300)}}","https://{{host}}/a/../cb"],"client_name":"Shared"}""";
        Assert.Equal(400, (await _browser.RegisterRawAsync("http://localhost:8700", body)).Status);
        Assert.DoesNotContain(await Refused.ListAsync(Service.Orders.Id, default), entry => entry.Uri.Contains(host, StringComparison.Ordinal));
    }

    [Fact]
    public async Task TooMuch_AndTooOld_IsForgotten()
    {
        var application = Guid.NewGuid();
        var now = DateTimeOffset.UtcNow;
        await using (var session = service.Services.GetRequiredService<IDocumentStore>().LightweightSession())
        {
            for (var number = 0; number < RefusedRedirectUris.Most + 20; number++)
            {
                session.Store(Entry(application, $"https://a.test/{number}", now.AddMinutes(-number)));
            }

            session.Store(Entry(Guid.NewGuid(), "https://old.test/", now.AddDays(-31)));
            await session.SaveChangesAsync();
        }

        Assert.True(await Refused.RemoveExpiredAsync(500, default) >= 21);
        await using var query = service.Services.GetRequiredService<IDocumentStore>().QuerySession();
        var kept = await query.QueryAsync<RefusedRedirectUri>("where (data ->> 'applicationId') = ?", default, application.ToString());
        Assert.Equal(RefusedRedirectUris.Most, kept.Count);
        Assert.Contains(kept, entry => entry.Uri == "https://a.test/0");
        Assert.Empty(await query.QueryAsync<RefusedRedirectUri>("where (data ->> 'uri') = ?", default, "https://old.test/"));
    }

    public void Dispose() => _browser.Dispose();

    private static RefusedRedirectUri Entry(Guid application, string uri, DateTimeOffset at)
        => new() { Id = RefusedRedirectUri.IdOf(application, uri), ApplicationId = application, Uri = uri, FirstAt = at, LastAt = at, Attempts = 1 };
}
