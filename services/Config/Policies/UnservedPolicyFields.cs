using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Applications;

namespace ManagedOAuth.Config.Policies;

/// <summary>
/// Fields of the original's policies that are not served. Each asks for more before somebody is let in, so switching one on is refused:
/// a policy that looks stricter than it is would be worse than none. Switched off they are accepted and shown so.
/// </summary>
public static class UnservedPolicyFields
{
    private static readonly (string Member, string Reason)[] s_switches =
    [
        ("purpose_justification_required", "users are not asked for a justification here"),
        ("approval_required", "there is no approval by others here"),
        ("isolation_required", "there is no isolated browser here"),
    ];

    /// <summary>What they are in requests and answers: nothing but false.</summary>
    public static IReadOnlyDictionary<string, string> Described { get; } = s_switches.ToDictionary(entry => entry.Member, _ => OpenApi.ObjectShape.AlwaysFalse);

    public static void Check(BodyReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        foreach (var (member, reason) in s_switches)
        {
            if (reader.Flag(member, false))
            {
                reader.Refuse(member, $"{reason}; leave {member} out, or set it to false");
            }
        }

        if (reader.Nested("connection_rules") is not null)
        {
            reader.Refuse("connection_rules", "only HTTP applications are served; leave connection_rules out");
        }

        MeaninglessFields.CheckMfa(reader);
    }

    public static void Show(JsonObject node)
    {
        ArgumentNullException.ThrowIfNull(node);
        foreach (var (member, _) in s_switches)
        {
            node[member] = false;
        }
    }
}
