using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary>Reads <c>scim_config</c> of an identity provider. The secret is none of it: that is made, shown once and kept as a hash.</summary>
public static class ScimConfigReader
{
    private const string Member = "scim_config";

    public static ScimConfig? Read(BodyReader reader, string type, ScimConfig? existing)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (!reader.Has(Member) || reader.IsNull(Member))
        {
            // Full replacement: what is not named is off; the secret stays for when it is on again.
            return existing is null ? null : existing with { Enabled = false };
        }

        if (reader.Nested(Member) is not { } scim)
        {
            return existing;
        }

        var enabled = scim.Flag("enabled", false);
        if (enabled && type == "onetimepin")
        {
            scim.Refuse("enabled", "one-time PIN has no directory that could provision users");
        }

        var userDeprovision = scim.Flag("user_deprovision", true);
        var seatDeprovision = scim.Flag("seat_deprovision", false);
        if (seatDeprovision && !userDeprovision)
        {
            scim.Refuse("seat_deprovision", "seat_deprovision needs user_deprovision");
        }

        var groupMemberDeprovision = scim.Flag("group_member_deprovision", false);
        return new ScimConfig
        {
            Enabled = enabled,
            UserDeprovision = userDeprovision,
            SeatDeprovision = seatDeprovision,
            GroupMemberDeprovision = groupMemberDeprovision,
            IdentityUpdateBehavior = Behavior(scim, groupMemberDeprovision),
            SecretHash = existing?.SecretHash,
        };
    }

    private static IdentityUpdateBehavior Behavior(BodyReader scim, bool groupMemberDeprovision)
    {
        switch (scim.OptionalText("identity_update_behavior", 40))
        {
            case null or "": return groupMemberDeprovision ? IdentityUpdateBehavior.Reauth : IdentityUpdateBehavior.Automatic;
            case "automatic": return IdentityUpdateBehavior.Automatic;
            case "reauth": return IdentityUpdateBehavior.Reauth;
            case "no_action": return IdentityUpdateBehavior.NoAction;
            default:
                scim.Refuse("identity_update_behavior", "identity_update_behavior is automatic, reauth or no_action");
                return IdentityUpdateBehavior.Automatic;
        }
    }
}
