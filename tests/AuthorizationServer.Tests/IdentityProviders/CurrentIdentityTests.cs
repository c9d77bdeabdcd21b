using Grpc.Core;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.AuthorizationServer;
using ManagedOAuth.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.IdentityProviders;

/// <summary>What Token is told about a user when it refreshes a grant.</summary>
[Collection(ProviderTests.Name)]
public sealed class CurrentIdentityTests(ProviderHost host) : IAsyncLifetime, IDisposable
{
    private readonly Browser _browser = new(host.Service);
    private string _grant = "";
    private string _user = "";
    private string _email = "";

    public async Task InitializeAsync()
    {
        await host.ResetAsync();
        _email = host.User();
        var consent = await _browser.FollowAsync(await host.LogInAsync(_browser));
        await _browser.SubmitAsync(consent, ("action", "approve"));
        var asked = host.Service.Peers.Codes.Codes.Single(code => code.Identity.Email == _email);
        (_grant, _user) = (asked.Identity.ProviderGrantId, asked.Identity.UserId);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task Claims_AreThoseOfNow_AndEveryRefreshTokenIsUsedOnce()
    {
        foreach (var department in new[] { "eng", "sales", "eng", "hr" })
        {
            host.First.User["department"] = department;
            var reply = await AskAsync();
            Assert.Equal((_email, department), (reply.Email, reply.Claims.Single(claim => claim.Name == "department").Values.Single()));
        }

        host.First.User.Remove("department");
        Assert.Empty((await AskAsync()).Claims);
    }

    [Fact]
    public async Task ManyAskers_AtTwoReplicas_AreOneQuestionForTheProvider()
    {
        // Two of these over the same stores are what two replicas are to each other.
        var replicas = new[] { Replica(), Replica() };
        var before = host.First.Refreshes;
        var gate = new TaskCompletionSource();
        host.First.Delay = gate.Task;
        var asking = Enumerable.Range(0, 30).Select(i => replicas[i % 2].AskAsync(Guid.Parse(_grant), Guid.Parse(_user), default, default)).ToArray();
        gate.SetResult();
        Assert.All(await Task.WhenAll(asking), grant => Assert.Equal((_email, null), (grant!.Email, grant.Refusal)));
        Assert.Equal(1, host.First.Refreshes - before);
        Assert.Equal("", (await AskAsync()).Refusal);

        CurrentIdentities Replica() => ActivatorUtilities.CreateInstance<CurrentIdentities>(host.Service.Services);
    }

    [Fact]
    public async Task ProviderEndedIt_IsARefusal_AndStaysOne()
    {
        host.First.RefreshError = "invalid_grant";
        var reply = await AskAsync();
        Assert.Contains("ended the user's session", reply.Refusal);
        host.First.RefreshError = null;
        Assert.Equal(reply.Refusal, (await AskAsync()).Refusal);
        Assert.Null((await host.Service.Services.GetRequiredService<ProviderGrants>().FindAsync(Guid.Parse(_grant), default))!.Credential);
    }

    [Theory]
    [InlineData("invalid_client")]
    [InlineData("unauthorized_client")]
    [InlineData("server_error")]
    public async Task OtherErrors_AreAnOutage_AndTheNextQuestionIsAnswered(string error)
    {
        host.First.RefreshError = error;
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(AskAsync)).StatusCode);
        host.First.RefreshError = null;
        Assert.Equal(_email, (await AskAsync()).Email);
    }

    [Fact]
    public async Task ProviderAway_IsAnOutage()
    {
        host.First.Down = 503;
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(AskAsync)).StatusCode);
        host.First.Down = null;
        Assert.Equal(_email, (await AskAsync()).Email);
    }

    [Fact]
    public async Task SlowProvider_IsAnOutageForTheOneWhoAsks_ButItsAnswerIsNotLost()
    {
        var gate = new TaskCompletionSource();
        host.First.Delay = gate.Task;
        var gaveUp = await Assert.ThrowsAsync<RpcException>(() => AskAsync(TimeSpan.FromMilliseconds(700)));
        Assert.Equal(StatusCode.DeadlineExceeded, gaveUp.StatusCode);
        gate.SetResult();

        // The refresh token was spent on an answer that nobody waited for; had it been dropped, this would be a refusal.
        Assert.Equal(_email, (await AskAsync()).Email);
        Assert.Equal(_email, (await AskAsync()).Email);
    }

    [Fact]
    public async Task AnotherAddressOrSubject_IsNotTheUser()
    {
        host.First.User["email"] = "other@example.com";
        Assert.Contains("address changed", (await AskAsync()).Refusal);
    }

    [Fact]
    public async Task TokenAboutSomebodyElse_IsNotBelieved()
    {
        host.First.User["sub"] = "somebody else";
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(AskAsync)).StatusCode);
    }

    [Fact]
    public async Task RecordOfAnotherUser_OrOfNobody_IsARefusal()
    {
        Assert.NotEmpty((await AskAsync(user: Guid.NewGuid().ToString())).Refusal);
        Assert.NotEmpty((await AskAsync(grant: Guid.NewGuid().ToString())).Refusal);
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => AskAsync(grant: "x"))).StatusCode);
    }

    [Fact]
    public async Task Credential_StandsSealedInTheDatabase_AndStaysAsLongAsAGrantNeedsIt()
    {
        var grants = host.Service.Services.GetRequiredService<ProviderGrants>();
        var stored = (await grants.FindAsync(Guid.Parse(_grant), default))!;
        Assert.StartsWith("idp-refresh-", grants.Open(stored));
        Assert.DoesNotContain("idp-refresh", System.Text.Encoding.Latin1.GetString(stored.Credential!));
        Assert.True(stored.KeepUntil > DateTimeOffset.UtcNow + TimeSpan.FromDays(14));

        var far = DateTimeOffset.UtcNow + TimeSpan.FromDays(300);
        await AskAsync(until: far);
        Assert.True((await grants.FindAsync(stored.Id, default))!.KeepUntil > far);
        await grants.StoreAsync(stored with { KeepUntil = DateTimeOffset.UtcNow.AddMinutes(-1) });
        Assert.Equal(1, await grants.RemoveExpiredAsync(100, default));
    }

    private Task<CurrentIdentityReply> AskAsync() => AskAsync(null);

    private async Task<CurrentIdentityReply> AskAsync(TimeSpan? deadline = null, string? grant = null, string? user = null, DateTimeOffset until = default)
    {
        using var channel = host.Service.Connect();
        return await new Identities.IdentitiesClient(channel).CurrentAsync(
            new CurrentIdentityRequest { ProviderGrantId = grant ?? _grant, UserId = user ?? _user, NeededUntil = until == default ? 0 : until.ToUnixTimeSeconds() },
            new Grpc.Core.Metadata { { "x-managedoauth-service", host.Service.CredentialOf("token") } },
            DateTime.UtcNow + (deadline ?? TimeSpan.FromMinutes(2)));
    }
}
