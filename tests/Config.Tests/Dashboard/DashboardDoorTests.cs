using System.Net;
using ManagedOAuth.Config.Dashboard.Access;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>Who would get into the dashboard, decided without a request of theirs: before each batch of a job that they started.</summary>
public sealed class DashboardDoorTests
{
    private const string Origin = "https://admin.example.com";
    private static readonly Guid s_provider = Guid.NewGuid();

    [Fact]
    public void Provider_ThatTheApplicationDoesNotAllow_OpensNoDoor()
    {
        Assert.True(Admits());
        Assert.True(Admits(s_provider, Guid.NewGuid()));
        Assert.False(Admits(Guid.NewGuid()));
    }

    private static bool Admits(params IReadOnlyList<Guid> allowed)
    {
        var policy = new Policy { Id = Guid.NewGuid(), Name = "all", Decision = PolicyAction.Allow, Include = [new Rule.Everyone()] };
        var door = new Application { Id = Guid.NewGuid(), Aud = "", Name = "Dashboard", Domain = "admin.example.com", AllowedIdps = allowed, Policies = [new PolicyReference(policy.Id, 1)] };
        var snapshot = ConfigurationSnapshot.Empty with
        {
            Applications = ConfigurationSnapshot.Empty.Applications.Add(door.Id, door),
            Policies = ConfigurationSnapshot.Empty.Policies.Add(policy.Id, policy),
            IdentityProviders = ConfigurationSnapshot.Empty.IdentityProviders.Add(s_provider, new IdentityProvider { Id = s_provider, Name = "provider", Type = "oidc" }),
        };
        var user = new Identity { UserId = Guid.NewGuid(), Email = "a@example.com", IdentityProviderId = s_provider, IdentityProviderType = "oidc", AuthenticatedAt = DateTimeOffset.UnixEpoch };
        return DashboardDoor.Admits(snapshot, Origin, user, IPAddress.Loopback);
    }
}
