using System.Text.RegularExpressions;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Config.Portals;

/// <summary>Reads the ids that servers and portals are addressed by.</summary>
public static partial class PortalIds
{
    // In the address of the document that tells authorization servers about the client of a portal.
    private const string Shared = "shared";

    /// <summary>The id of a new server; it holds no underscore, because <c>{server}_{tool}</c> is split at the first one.</summary>
    /// <param name="body">The server.</param>
    /// <param name="member">Where it stands.</param>
    public static string Server(BodyReader body, string member)
    {
        ArgumentNullException.ThrowIfNull(body);
        var id = body.RequiredText(member, 200);
        if (id == PortalNames.Reserved)
        {
            body.Refuse(member, $"{id} is the name of the portal's own tools; choose another {member}");
        }
        else if (id.Length > 0 && !PortalNames.IsServerId(id))
        {
            body.Refuse(member, $"{member} is 1 to 32 lower-case letters and digits, with hyphens between them and no underscore: the names of the server's tools begin with it");
        }

        return id;
    }

    /// <summary>The id of a new portal.</summary>
    /// <param name="body">The portal.</param>
    /// <param name="member">Where it stands.</param>
    public static string Portal(BodyReader body, string member)
    {
        ArgumentNullException.ThrowIfNull(body);
        var id = body.RequiredText(member, 200);
        if (id == Shared)
        {
            body.Refuse(member, $"{id} stands for the logins that administrators make for everybody; choose another {member}");
        }
        else if (id.Length > 0 && !PortalId().IsMatch(id))
        {
            body.Refuse(member, $"{member} is 1 to 64 lower-case letters and digits, with hyphens between them");
        }

        return id;
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?\\z", RegexOptions.NonBacktracking)]
    private static partial Regex PortalId();
}
