using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Dashboard.Access;
using ManagedOAuth.Contracts.Configuration;
using Marten;
using Marten.Events;
using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Config.Dashboard.Pages.Audit;

/// <summary>One change of the configuration.</summary>
/// <param name="Sequence">Its place among all.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who.</param>
/// <param name="Kind">What kind of object.</param>
/// <param name="Verb">What was done to it.</param>
/// <param name="Name">The object's name then; empty where the event does not say.</param>
/// <param name="Link">The object's page, where it has one.</param>
public sealed record AuditEntry(long Sequence, DateTimeOffset At, string Actor, string Kind, string Verb, string Name, string? Link);

/// <summary>One page of the audit trail.</summary>
public sealed record AuditModel(IReadOnlyList<AuditEntry> Entries, string Actor, long? Next, bool IsFirst);

/// <summary><c>/audit</c>: every change of the configuration, newest first.</summary>
public static class AuditPages
{
    private const int PerPage = 50;

    private static readonly Dictionary<string, (string Kind, string? Page)> s_kinds = new(StringComparer.Ordinal)
    {
        ["application"] = ("Application", "/applications/"),
        ["policy"] = ("Policy", "/policies/"),
        ["group"] = ("Group", "/groups/"),
        ["identity_provider"] = ("Identity provider", "/identity-providers/"),
        ["service_token"] = ("Service token", "/service-tokens/"),
        ["organization"] = ("Organization", null),
        ["api_token"] = ("API token", null),
    };

    public static void MapAudit(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        pages.MapGet("/audit", ListAsync);
    }

    private static async Task<IResult> ListAsync(HttpContext context, IDocumentStore store, CancellationToken ct)
    {
        if (!context.Features.GetRequiredFeature<Administrator>().Caller.Permissions.Hold(ApiPermission.AuditLogsRead))
        {
            return Messages.Refused(StatusCodes.Status403Forbidden, "You are not permitted to read the audit trail.");
        }

        var actor = context.Request.Query["actor"].ToString().Trim();
        var after = long.TryParse(context.Request.Query["after"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : (long?)null;
        await using var session = store.QuerySession();
        var found = await session.Events.QueryEventsAsync(new EventQuery { Descending = true, PageSize = PerPage, After = after, Actor = actor.Length == 0 ? null : actor }, ct);
        var entries = found.Events.Select(Entry).ToList();
        return PageResult.Of<AuditPage>(new { Model = new AuditModel(entries, actor, entries.Count == PerPage ? entries[^1].Sequence : null, after is null) });
    }

    private static AuditEntry Entry(IEvent entry)
    {
        var type = entry.EventTypeName;
        var split = type.LastIndexOf('_');
        var (prefix, verb) = split < 0 ? (type, "") : (type[..split], type[(split + 1)..]);
        var (kind, page) = s_kinds.GetValueOrDefault(prefix, (prefix.Replace('_', ' '), null));
        return new AuditEntry(entry.Sequence, entry.Timestamp, entry.UserName ?? "", kind, verb == "altered" ? "changed" : verb, NameOf(entry.Data), verb == "removed" || page is null ? null : page + entry.StreamId);
    }

    // Each event holds the whole object after the change as its only member.
    private static string NameOf(object data)
        => ConfigJson.Default.GetTypeInfo(data.GetType()) is { } type && JsonSerializer.SerializeToNode(data, type) is JsonObject json
            ? json.Select(member => member.Value).OfType<JsonObject>().Select(value => (string?)value["name"]).FirstOrDefault() ?? ""
            : "";
}
