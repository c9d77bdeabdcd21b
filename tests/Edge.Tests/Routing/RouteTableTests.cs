using System.Collections.Immutable;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Routing;

namespace ManagedOAuth.Edge.Tests.Routing;

public class RouteTableTests
{
    private static readonly Policy s_bypass = new() { Id = Guid.NewGuid(), Name = "b", Decision = PolicyAction.Bypass, Include = [new Rule.Everyone()] };

    [Theory]
    [InlineData("app.example.com")]
    [InlineData("APP.Example.Com")]
    [InlineData("app.example.com:443")]
    public void Authority_InAnySpellingOfItsOwn_IsFound(string authority)
    {
        var table = Build(App("app.example.com"));

        Assert.True(table.TryFindHost(authority, out var host));
        Assert.Equal("https://app.example.com", host.PublicOrigin);
    }

    [Theory]
    [InlineData("app.example.com:80")]
    [InlineData("app.example.com:9999")]
    [InlineData("app.example.com.")]
    [InlineData("other.example.com")]
    [InlineData("127.0.0.1:8700")]
    [InlineData("localhost")]
    [InlineData(":443")]
    [InlineData("")]
    public void Authority_Other_IsNoDefaultApplication(string authority)
        => Assert.False(Build(App("app.example.com"), App("localhost:8700")).TryFindHost(authority, out _));

    [Fact]
    public void Table_AfterAnother_DecidesOnTheNewSnapshotAlone()
    {
        var app = App("a.test") with { Policies = [new PolicyReference(s_bypass.Id, 1)] };
        var before = ConfigurationSnapshot.Empty with { Applications = ConfigurationSnapshot.Empty.Applications.Add(app.Id, app), Policies = ConfigurationSnapshot.Empty.Policies.Add(s_bypass.Id, s_bypass) };
        var first = RouteTable.Build(before, "https://team.test", "https://dash.test");
        Assert.True(Root(first, "a.test").Application.AlwaysBypasses);

        // The applications are the same; a policy is not.
        var after = before with { Policies = before.Policies.SetItem(s_bypass.Id, s_bypass with { Decision = PolicyAction.Deny }) };
        var second = RouteTable.Build(after, "https://team.test", "https://dash.test", first);
        Assert.False(Root(second, "a.test").Application.AlwaysBypasses);
        Assert.Same(Root(second, "A.test:443").Application, second.FindApplication(app.Id));

        var moved = after with { Applications = after.Applications.SetItem(app.Id, app with { Domain = "b.test" }) };
        var third = RouteTable.Build(moved, "https://team.test", "https://dash.test", second);
        Assert.False(third.TryFindHost("a.test", out _));
        Assert.True(third.TryFindHost("b.test", out _));
    }

    [Fact]
    public void Domain_WithPort_KeepsItInOriginAndCookie()
    {
        var door = Root(Build(App("localhost:8700")), "localhost:8700");

        Assert.Equal("http://localhost:8700", door.PublicOrigin);
        Assert.Equal("CF_Authorization_8700", door.SessionCookie);
        Assert.Equal("http://localhost:8700/.well-known/oauth-protected-resource", door.ResourceMetadata);
        Assert.False(door.IsHttps);
    }

    [Fact]
    public void Destination_LeadsToTheSameApplication()
    {
        var app = App("a.example.com") with { Destinations = [new Destination("public", "b.example.com"), new Destination("private", "c.example.com")] };
        var table = Build(app);

        Assert.Equal(app.Id, Root(table, "b.example.com").Application.Id);
        Assert.Equal("https://b.example.com/.well-known/oauth-protected-resource", Root(table, "b.example.com").ResourceMetadata);
        Assert.False(table.TryFindHost("c.example.com", out _));
    }

    [Theory]
    [InlineData("/", "root")]
    [InlineData("/x", "root")]
    [InlineData("/administrator", "root")]
    [InlineData("/admin", "admin")]
    [InlineData("/admin/x", "admin")]
    [InlineData("/admin/deep", "deep")]
    [InlineData("/admin/deep/y", "deep")]
    public void Path_MostSpecificApplicationWins(string path, string name)
    {
        var table = Build(App("a.test", "root"), App("a.test/admin", "admin"), App("a.test/admin/deep/*", "deep"));

        Assert.True(table.TryFindHost("a.test", out var host));
        Assert.True(host.IsStrict);
        Assert.True(host.TryFindDoor(path, out var door));
        Assert.Equal(name, door?.Application.Record.Name);
    }

    [Theory]
    [InlineData("/ADMIN/x")]
    [InlineData("/%41dmin/x")]
    [InlineData("//admin/x")]
    [InlineData("/admin;x/y")]
    [InlineData("/admin;.css/x")]
    [InlineData("/admin//deep")]
    public void Path_ThatALenientServerReadsAsAnotherApplication_IsAmbiguous(string path)
    {
        var table = Build(App("a.test", "root"), App("a.test/admin", "admin"), App("a.test/admin/deep", "deep"));

        Assert.True(table.TryFindHost("a.test", out var host));
        Assert.False(host.TryFindDoor(path, out _));
    }

    [Fact]
    public void Path_WithoutRootApplication_LeadsNowhere()
    {
        Assert.True(Build(App("a.test/admin")).TryFindHost("a.test", out var host));
        Assert.True(host.TryFindDoor("/x", out var door));
        Assert.Null(door);
        Assert.Null(host.Root);
    }

    [Fact]
    public void Host_WithOneOrdinaryApplication_IsNotStrict()
    {
        Assert.True(Build(App("a.test")).TryFindHost("a.test", out var plain));
        Assert.False(plain.IsStrict);

        var bypassing = App("a.test") with { Policies = [new PolicyReference(s_bypass.Id, 1)] };
        Assert.True(Build(bypassing).TryFindHost("a.test", out var host));
        Assert.True(host.IsStrict);
        Assert.True(host.Root!.Application.AlwaysBypasses);
    }

    [Fact]
    public void ScopedApplications_HaveCookiesOfTheirOwn()
    {
        var (root, admin) = (App("a.test"), App("a.test/admin"));
        Assert.True(Build(root, admin).TryFindHost("a.test", out var host));

        Assert.Equal("CF_Authorization", host.Root!.SessionCookie);
        Assert.Equal("CF_Authorization_" + admin.Aud[..8], host.Doors[0].SessionCookie);
    }

    [Theory]
    [InlineData("localhost:8702", nameof(HostKind.Team))]
    [InlineData("localhost:8703", nameof(HostKind.Dashboard))]
    public void OwnDomain_ClaimedByAnApplication_StaysOurs(string domain, string kind)
    {
        Assert.True(Build(App(domain)).TryFindHost(domain, out var host));
        Assert.Equal(kind, host.Kind.ToString());
    }

    [Fact]
    public void Domain_OfTwoApplications_BelongsToTheOlder()
    {
        var older = App("a.test") with { CreatedAt = DateTimeOffset.UnixEpoch };
        var newer = App("a.test") with { CreatedAt = DateTimeOffset.UnixEpoch.AddDays(1) };

        Assert.Equal(older.Id, Root(Build(newer, older), "a.test").Application.Id);
    }

    [Theory]
    [InlineData(null, 60)]
    [InlineData("1s", 10)]
    [InlineData("30s", 30)]
    [InlineData("5h", 3600)]
    [InlineData("nonsense", 60)]
    public void StalenessLimit_StaysInItsBounds(string? setting, int seconds)
    {
        var organization = new Organization { Id = Guid.NewGuid(), Name = "o", AuthDomain = "https://team.test" };
        var snapshot = new ConfigurationSnapshot { Organization = setting is null ? organization : organization with { RevocationStalenessLimit = setting } };

        Assert.Equal(seconds, RouteTable.Build(snapshot, "https://team.test", "https://dash.test").StalenessLimit.TotalSeconds);
    }

    internal static Application App(string domain, string name = "app") => new()
    {
        Id = Guid.NewGuid(),
        Aud = Guid.NewGuid().ToString("N") + Guid.NewGuid().ToString("N"),
        Name = name,
        Domain = domain,
        Origin = new Contracts.Configuration.Origin { Url = "http://127.0.0.1:1" },
    };

    internal static RouteTable Build(params Application[] applications) => RouteTable.Build(
        new ConfigurationSnapshot
        {
            Applications = applications.ToImmutableDictionary(application => application.Id),
            Policies = ImmutableDictionary<Guid, Policy>.Empty.Add(s_bypass.Id, s_bypass),
        },
        "http://localhost:8702",
        "http://localhost:8703");

    internal static Door Root(RouteTable table, string authority)
    {
        Assert.True(table.TryFindHost(authority, out var host));
        return Assert.IsType<Door>(host.Root);
    }
}
