using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.IdentityProviders;
using ManagedOAuth.AuthorizationServer.IdentityProviders.Grants;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.ServiceDefaults.Outbound;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AuthorizationServer.Tests.IdentityProviders;

[Collection(ProviderTests.Name)]
public sealed class GitHubTests(ProviderHost host) : IAsyncLifetime, IDisposable
{
    private readonly Browser _browser = new(host.Service);
    private readonly string _email = $"octo-{Guid.NewGuid():N}@example.com";
    private ScriptedGitHub _github = null!;
    private IdentityProvider _provider = null!;

    public async Task InitializeAsync()
    {
        _github = await ScriptedGitHub.StartAsync();
        _github.Emails = [Email("old@example.com", primary: false), Email(_email)];
        _github.Organizations = ["Acme", "other"];
        _github.Teams = [("Acme", "Platform")];
        _provider = ProviderHost.Of("GitHub", new JsonObject { ["client_id"] = "gh", ["client_secret"] = "gh-secret", ["base_url"] = _github.Address, ["api_url"] = _github.Address + "/api/v3" }, "github");
        var policy = new Policy { Id = Guid.NewGuid(), Name = "Platform", Decision = PolicyAction.Allow, Include = [new Rule.GitHubOrganization(_provider.Id, "Acme", "Platform")] };
        await host.Service.ConfigureAsync(feed =>
        {
            feed.Put(_provider);
            feed.Put(policy);
        });
        await host.ResetAsync(application => application with { AllowedIdps = [_provider.Id], Policies = [new PolicyReference(policy.Id, 1)] });
    }

    public async Task DisposeAsync() => await _github.DisposeAsync();

    public void Dispose() => _browser.Dispose();

    [Fact]
    public async Task Login_ByPrimaryVerifiedAddress_WithOrganizationsAndTeamsAsGroups()
    {
        var asked = await ApproveAsync();
        Assert.Equal((_email, "github"), (asked.Identity.Email, asked.Identity.IdentityProviderType));
        Assert.Equal(["acme", "other", "acme/platform"], asked.Identity.Claims.Single(claim => claim.Name == "groups").Values);
    }

    [Fact]
    public async Task Login_OutsideTheTeam_IsDenied()
    {
        _github.Teams = [("Acme", "design"), ("evil", "platform")];
        Assert.Equal("access_denied", (await _browser.FollowAsync(await LogInAsync())).Parameter("error"));
    }

    [Fact]
    public async Task Login_WithoutAPrimaryVerifiedAddress_IsRefused()
    {
        _github.Emails = [Email(_email, verified: false), Email("second@example.com", primary: false)];
        Assert.Equal(403, (await LogInAsync()).Status);
    }

    [Fact]
    public async Task Login_WithMoreTeamsThanCanBeRead_IsRefusedAndNotCut()
    {
        _github.Teams = [("Acme", "Platform"), .. Enumerable.Range(0, 700).Select(i => ("acme", $"t{i}"))];
        Assert.Equal(403, (await LogInAsync()).Status);
    }

    [Fact]
    public async Task AskedAgain_TellsTheTeamsOfNow_AndARevokedAuthorizationIsTheEnd()
    {
        var identity = (await ApproveAsync()).Identity;
        Assert.Equal(["acme", "other", "acme/platform"], (await AskAsync(identity))!.Claims["groups"]);
        _github.Teams = [];
        Assert.Equal(["acme", "other"], (await AskAsync(identity))!.Claims["groups"]);

        _github.RateLimited = true;
        await Assert.ThrowsAsync<OutboundUnavailableException>(() => AskAsync(identity));
        _github.RateLimited = false;
        _github.Down = 502;
        await Assert.ThrowsAsync<OutboundUnavailableException>(() => AskAsync(identity));
        _github.Down = null;
        Assert.Null((await AskAsync(identity))!.Refusal);

        _github.RevokeAll();
        Assert.Contains("no longer accepts", (await AskAsync(identity))!.Refusal);
    }

    private Task<ProviderGrant?> AskAsync(Contracts.Token.Identity identity)
        => host.Service.Services.GetRequiredService<CurrentIdentities>().AskAsync(Guid.Parse(identity.ProviderGrantId), Guid.Parse(identity.UserId), default, default);

    private async Task<Answer> LogInAsync()
        => await _browser.GetAsync(_github.LogIn(await host.LeaveAsync(_browser, await ProviderHost.OpenAsync(_browser), _provider)));

    private async Task<Contracts.Token.CreateCodeRequest> ApproveAsync()
    {
        var consent = await _browser.FollowAsync(await LogInAsync());
        Assert.Equal(303, (await _browser.SubmitAsync(consent, ("action", "approve"))).Status);
        return host.Service.Peers.Codes.Codes.Single(code => code.Identity.Email == _email);
    }

    private static JsonObject Email(string address, bool primary = true, bool verified = true) => new() { ["email"] = address, ["primary"] = primary, ["verified"] = verified };
}
