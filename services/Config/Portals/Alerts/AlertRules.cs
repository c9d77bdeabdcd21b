using ManagedOAuth.Config.Portals.Catalogs;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Alerts;

/// <summary>Decides which alerts what is known of a server raises, changes and resolves. Pure.</summary>
public static class AlertRules
{
    // One failure may be the server's restart.
    private const int FailuresBeforeAlert = 2;

    private const int MostNames = 1000;

    /// <summary>The alerts that are others than before.</summary>
    /// <param name="server">The server.</param>
    /// <param name="open">Its alerts that are not resolved.</param>
    /// <param name="status">How the reading went.</param>
    /// <param name="catalog">What it offers now; null when it was never read.</param>
    /// <param name="news">Definitions that this reading found new or changed.</param>
    /// <param name="staleUsers">Users whose own logins at it are worth nothing any more.</param>
    /// <param name="now">The time.</param>
    /// <param name="missingScopes">What the server wants that the shared login was not granted; null = nothing.</param>
    public static IReadOnlyList<McpAlert> Next(
        McpServer server, IReadOnlyList<McpAlert> open, McpServerStatus status, McpCatalog? catalog, IReadOnlyList<string> news, IReadOnlyList<string> staleUsers, DateTimeOffset now,
        IReadOnlyList<string>? missingScopes = null)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(status);
        ArgumentNullException.ThrowIfNull(news);
        ArgumentNullException.ThrowIfNull(staleUsers);
        var waiting = CatalogRules.Quarantined(catalog);
        List<McpAlert?> changed =
        [
            Judge(McpAlertKind.CredentialStale, status.Connection == McpConnectionState.Stale,
                server.AuthType == McpAuthType.Bearer
                    ? $"{server.Name} no longer accepts its credential: enter another one."
                    : $"The login at {server.Name} has ended: connect the server again.",
                []),
            Judge(McpAlertKind.UserCredentialStale, server.AuthType == McpAuthType.Oauth && staleUsers.Count > 0,
                $"Logins of {staleUsers.Count} {(staleUsers.Count == 1 ? "user" : "users")} at {server.Name} have ended: they have to log in there again.",
                staleUsers),
            Judge(McpAlertKind.ScopeMissing, server.AuthType == McpAuthType.Oauth && missingScopes is { Count: > 0 },
                $"{server.Name} wants more than its shared login was granted ({string.Join(' ', missingScopes ?? [])}): connect the server again, with an account that may grant it.",
                missingScopes ?? []),
            Judge(McpAlertKind.SyncFailed, status.Failures >= FailuresBeforeAlert, $"{server.Name} could not be read {status.Failures} times: {status.Error?.Cause}", []),
            Judge(McpAlertKind.Quarantine, waiting.Count > 0, $"{waiting.Count} new or changed definitions of {server.Name} wait for approval.", waiting),
        ];
        if (server.ToolPinning == McpToolPinning.Notify && news.Count > 0)
        {
            changed.Add(Tell());
        }

        return [.. changed.OfType<McpAlert>()];

        McpAlert? Judge(McpAlertKind kind, bool isSo, string detail, IReadOnlyList<string> names)
        {
            var known = open.FirstOrDefault(alert => alert.Kind == kind);
            if (!isSo)
            {
                return known is null ? null : known with { ResolvedAt = now };
            }

            if (known is null)
            {
                return Raise(kind, detail, names);
            }

            // More than was acknowledged is something new, and so is what has changed once more since; less is not.
            return names.Except(known.Names, StringComparer.Ordinal).Any() || names.Intersect(news, StringComparer.Ordinal).Any() ? known with { Detail = detail, Names = names, UpdatedAt = now, AcknowledgedAt = null, AcknowledgedBy = null }
                : names.Count < known.Names.Count || detail != known.Detail ? known with { Detail = detail, Names = names }
                : null;
        }

        // One alert until somebody has seen it: a server that changes all the time makes no heap of them.
        McpAlert Tell()
        {
            var known = open.FirstOrDefault(alert => alert is { Kind: McpAlertKind.DefinitionsChanged, AcknowledgedAt: null });
            var names = news.Union(known?.Names ?? [], StringComparer.Ordinal).Take(MostNames).ToList();
            var detail = $"{names.Count} definitions of {server.Name} are new or changed.";
            return known is null ? Raise(McpAlertKind.DefinitionsChanged, detail, names) : known with { Detail = detail, Names = names, UpdatedAt = now };
        }

        McpAlert Raise(McpAlertKind kind, string detail, IReadOnlyList<string> names) => AlertRules.Raise(server, kind, detail, names, now);
    }

    private static McpAlert Raise(McpServer server, McpAlertKind kind, string detail, IReadOnlyList<string> names, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        ServerUid = server.Id,
        ServerId = server.ServerId,
        Kind = kind,
        Detail = detail,
        Names = names,
        RaisedAt = now,
        UpdatedAt = now,
    };
}
