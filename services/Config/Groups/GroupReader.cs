using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Groups;

/// <summary>Reads and validates a group from a request body.</summary>
public static class GroupReader
{
    public static Group Read(BodyReader reader, Guid id, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(snapshot);
        var group = new Group
        {
            Id = id,
            Name = reader.RequiredText("name", 200),
            Include = RuleReader.Include(reader, snapshot),
            Require = RuleReader.Read(reader, "require", snapshot),
            Exclude = RuleReader.Read(reader, "exclude", snapshot),
            IsDefault = reader.Flag("is_default", false),
        };
        if (Reaches(group, id, snapshot, []))
        {
            reader.Refuse("include", "a group cannot contain itself, not even by way of other groups");
        }

        return group;
    }

    private static bool Reaches(Group from, Guid target, ConfigurationSnapshot snapshot, HashSet<Guid> seen)
    {
        foreach (var inner in from.Include.Concat(from.Require).Concat(from.Exclude).OfType<Rule.InGroup>())
        {
            if (inner.Id == target
                || (seen.Add(inner.Id) && snapshot.Groups.TryGetValue(inner.Id, out var next) && Reaches(next, target, snapshot, seen)))
            {
                return true;
            }
        }

        return false;
    }
}
