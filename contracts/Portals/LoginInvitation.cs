using System.Security.Cryptography;
using System.Text;

namespace ManagedOAuth.Contracts.Portals;

/// <summary>
/// The <c>elicitationId</c> of an address that a portal gives a client, where its user logs in at a server: it opens for that user alone (MCP 2025-11-25, Elicitation, URL mode).
/// It is bound to the user and not signed: an address that somebody makes up is for whomever it names, who finds there what the page shows them anyway.
/// </summary>
public static class LoginInvitation
{
    // In no id that is made of base64url: one of those is bound to nobody here.
    private const char Separator = '.';

    /// <summary>An id for a user.</summary>
    /// <param name="flowId">Id of the flow in which it is given; no two addresses of a user are alike.</param>
    /// <param name="user">The user.</param>
    public static string Of(string flowId, Guid user) => $"{flowId}{Separator}{HashOf(flowId, user)}";

    /// <summary>Whether an id is bound to another user; one that is bound to nobody is not.</summary>
    public static bool IsForAnother(string id, Guid user)
    {
        ArgumentNullException.ThrowIfNull(id);
        return id.Split(Separator) is [var flowId, { Length: 32 } hash]
            && !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(hash), Encoding.UTF8.GetBytes(HashOf(flowId, user)));
    }

    private static string HashOf(string flowId, Guid user) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"login invitation {flowId} {user:N}")).AsSpan(0, 16));
}
