using System.Text.Json;
using Google.Protobuf;
using ManagedOAuth.Contracts.ConfigFeed;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.ServiceDefaults.Snapshots;

namespace ManagedOAuth.ServiceDefaults.Tests.Snapshots;

public class ConfigurationFoldTests
{
    private readonly List<string> _unreadable = [];

    [Fact]
    public void Apply_NewEntry_IsInTheSnapshot_AndTheOldSnapshotStays()
    {
        var id = Guid.NewGuid();
        var after = Apply(ConfigurationSnapshot.Empty, Application(id, 1, "one"));
        Assert.Equal("one", after.Applications[id].Name);
        Assert.Empty(ConfigurationSnapshot.Empty.Applications);
    }

    [Fact]
    public void Apply_OlderVersion_DoesNotTakeItBack()
    {
        var id = Guid.NewGuid();
        var after = Apply(ConfigurationSnapshot.Empty, Application(id, 5, "five"), Application(id, 4, "four"));
        Assert.Equal("five", after.Applications[id].Name);
    }

    [Fact]
    public void Apply_Deleted_IsGone()
    {
        var id = Guid.NewGuid();
        var after = Apply(ConfigurationSnapshot.Empty, Application(id, 1, "one"), new ConfigEntry { Kind = "application", Id = id.ToString(), Version = 2, Deleted = true });
        Assert.Empty(after.Applications);
    }

    [Fact]
    public void Apply_UnreadableApplication_IsLeftOut_EvenIfAnOlderOneWasKnown()
    {
        var id = Guid.NewGuid();
        var after = Apply(ConfigurationSnapshot.Empty, Application(id, 1, "one"), Unreadable("application", id));
        Assert.Empty(after.Applications);
        Assert.Single(_unreadable);
    }

    [Fact]
    public void Apply_UnreadablePolicy_DeniesEveryone()
    {
        var id = Guid.NewGuid();
        var after = Apply(ConfigurationSnapshot.Empty, Unreadable("policy", id));
        Assert.Equal(PolicyAction.Deny, after.Policies[id].Decision);
        Assert.Single(after.Policies[id].Include);
    }

    [Fact]
    public void Apply_UnreadableOrganization_KeepsTheLast()
    {
        var id = Guid.NewGuid();
        var organization = JsonSerializer.SerializeToUtf8Bytes(
            new Organization { Id = id, Name = "org", AuthDomain = "http://localhost:8702", Version = 1 }, ConfigurationJson.Default.Organization);
        var after = Apply(
            ConfigurationSnapshot.Empty,
            new ConfigEntry { Kind = "organization", Id = id.ToString(), Version = 1, Json = ByteString.CopyFrom(organization) },
            Unreadable("organization", id));
        Assert.Equal("org", after.Organization?.Name);
    }

    [Theory]
    [InlineData("new_kind", "0198a000-0000-7000-8000-000000000001")]
    [InlineData("application", "no uuid")]
    public void Apply_UnknownKindOrId_IsPassedOver(string kind, string id)
    {
        var after = Apply(ConfigurationSnapshot.Empty, new ConfigEntry { Kind = kind, Id = id, Version = 1 });
        Assert.Same(ConfigurationSnapshot.Empty, after);
        Assert.Single(_unreadable);
    }

    internal static ConfigEntry Application(Guid id, long version, string name) => new()
    {
        Kind = "application",
        Id = id.ToString(),
        Version = version,
        Json = ByteString.CopyFrom(JsonSerializer.SerializeToUtf8Bytes(
            new Application { Id = id, Aud = "a", Name = name, Domain = "localhost:8700", Version = version }, ConfigurationJson.Default.Application)),
    };

    private static ConfigEntry Unreadable(string kind, Guid id) =>
        new() { Kind = kind, Id = id.ToString(), Version = 9, Json = ByteString.CopyFromUtf8("{\"name\":") };

    private ConfigurationSnapshot Apply(ConfigurationSnapshot snapshot, params ConfigEntry[] entries) =>
        entries.Aggregate(snapshot, (s, entry) => ConfigurationFold.Apply(s, entry, (e, _) => _unreadable.Add(e.Kind)));
}
