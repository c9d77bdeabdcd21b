using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.AuthorizationServer.Tests.IdentityProviders;

/// <summary>A service of its own with providers. The application Orders accepts the first one alone and admits its department <c>eng</c>.</summary>
public sealed class ProviderHost : IAsyncLifetime
{
    public Service Service { get; } = new();

    internal ScriptedProvider First { get; private set; } = null!;

    internal ScriptedProvider Second { get; private set; } = null!;

    internal IdentityProvider Provider { get; private set; } = null!;

    internal IdentityProvider Other { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        await Service.InitializeAsync();
        (First, Second) = (await ScriptedProvider.StartAsync(), await ScriptedProvider.StartAsync());
        (Provider, Other) = (Of("Corporate <IdP>", First.Config()), Of("Second", Second.Config()));
        await ResetAsync();
    }

    public async Task DisposeAsync()
    {
        await First.DisposeAsync();
        await Second.DisposeAsync();
        await Service.DisposeAsync();
    }

    /// <summary>Honest providers, and the configuration that every test finds.</summary>
    internal Task ResetAsync(Func<Application, Application>? change = null)
    {
        foreach (var provider in new[] { First, Second })
        {
            (provider.ChangeClaims, provider.MakeIdToken, provider.Userinfo, provider.Down, provider.RefreshError) = (null, null, null, null, null);
            (provider.NamesItself, provider.GivesRefreshToken, provider.Delay) = (false, true, Task.CompletedTask);
        }

        var policy = new Policy
        {
            Id = s_policy,
            Name = "Engineers",
            Decision = PolicyAction.Allow,
            Include = [new Rule.OidcClaim(Provider.Id, "department", "eng"), new Rule.OidcClaim(Provider.Id, IdentityClaims.Groups, "admins")],
        };
        var application = Service.Orders with { AllowedIdps = [Provider.Id], Policies = [new PolicyReference(policy.Id, 1)] };
        return Service.ConfigureAsync(feed =>
        {
            feed.Put(Provider);
            feed.Put(Other);
            feed.Put(policy);
            feed.Put(change is null ? application : change(application));
        });
    }

    /// <summary>A user of both providers.</summary>
    internal string User(string department = "eng")
    {
        var email = $"user-{Guid.NewGuid():N}@example.com";
        foreach (var provider in new[] { First, Second })
        {
            provider.User = new JsonObject { ["sub"] = "sub-" + email, ["email"] = email, ["email_verified"] = true, ["department"] = department };
        }

        return email;
    }

    /// <summary>From the client's request to the page where the login begins.</summary>
    internal static async Task<Answer> OpenAsync(Browser browser, string more = "")
        => await browser.FollowAsync(await browser.GetAsync(Requests.Authorize(await browser.RegisterAsync(), more: more)));

    /// <summary>To the provider and back with what <paramref name="back"/> makes of the address there.</summary>
    internal async Task<Answer> LogInAsync(Browser browser, Func<string, string>? back = null, string more = "")
    {
        var there = await LeaveAsync(browser, await OpenAsync(browser, more));
        return await browser.GetAsync((back ?? (url => First.LogIn(url)))(there));
    }

    /// <summary>Follows the page's link to the first provider; gives the address there.</summary>
    internal async Task<string> LeaveAsync(Browser browser, Answer page, IdentityProvider? provider = null)
    {
        var link = $"{page.Url}/{(provider ?? Provider).Id}";
        Assert.Contains($"href=\"{new Uri(link).AbsolutePath}\"", page.Body);
        var leaving = await browser.GetAsync(link);
        Assert.Equal(303, leaving.Status);
        return leaving.Location;
    }

    internal static IdentityProvider Of(string name, JsonObject config, string type = "oidc", Guid? id = null)
        => new() { Id = id ?? Guid.NewGuid(), Name = name, Type = type, Config = JsonSerializer.SerializeToElement(config) };

    private static readonly Guid s_policy = Guid.NewGuid();
}

/// <summary>One host for all tests with providers: they change what the providers do, so they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class ProviderTests : ICollectionFixture<ProviderHost>
{
    public const string Name = "providers";
}
