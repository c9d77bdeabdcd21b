using ManagedOAuth.Config.Portals.Catalogs;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Alerts;

/// <summary>Decides which alerts a reading raises, changes and resolves. Pure.</summary>
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
    /// <param name="now">The time.</param>
    public static IReadOnlyList<McpAlert> Next(
        McpServer server, IReadOnlyList<McpAlert> open, McpServerStatus status, McpCatalog? catalog, IReadOnlyList<string> news, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(open);
        ArgumentNullException.ThrowIfNull(status);
        ArgumentNullException.ThrowIfNull(news);
        var waiting = CatalogRules.Quarantined(catalog);
        List<McpAlert?> changed =
        [
            Judge(McpAlertKind.CredentialStale, status.Connection == McpConnectionState.Stale,
                server.AuthType == McpAuthType.Bearer
                    ? $"{server.Name} no longer accepts its credential: enter another one."
                    : $"The login at {server.Name} has ended: connect the server again.",
                []),
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

            // More than was acknowledged is something new; less is not.
            return names.Except(known.Names, StringComparer.Ordinal).Any() ? known with { Detail = detail, Names = names, UpdatedAt = now, AcknowledgedAt = null, AcknowledgedBy = null }
                : names.Count < known.Names.Count ? known with { Detail = detail, Names = names }
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

    /// <summary>The alert about users who have to log in at a server again, after one of their logins changed; null when it is as before.</summary>
    /// <param name="server">The server.</param>
    /// <param name="open">Its alerts that are not resolved.</param>
    /// <param name="user">Whose login it is.</param>
    /// <param name="isStale">It is worth nothing any more; otherwise it was made anew or removed.</param>
    /// <param name="now">The time.</param>
    public static McpAlert? NextOfUser(McpServer server, IReadOnlyList<McpAlert> open, string user, bool isStale, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(open);
        var known = open.FirstOrDefault(alert => alert.Kind == McpAlertKind.UserCredentialStale);
        var before = known?.Names ?? [];
        if (before.Contains(user, StringComparer.Ordinal) == isStale || (isStale && before.Count >= MostNames))
        {
            return null;
        }

        List<string> names = isStale ? [.. before, user] : [.. before.Where(other => other != user)];
        var detail = $"Logins of {names.Count} {(names.Count == 1 ? "user" : "users")} at {server.Name} have ended: they have to log in there again.";
        return known is null ? Raise(server, McpAlertKind.UserCredentialStale, detail, names, now)
            : names.Count == 0 ? known with { ResolvedAt = now }
            : isStale ? known with { Detail = detail, Names = names, UpdatedAt = now, AcknowledgedAt = null, AcknowledgedBy = null }
            : known with { Detail = detail, Names = names };
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
