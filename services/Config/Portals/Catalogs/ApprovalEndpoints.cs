using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.DryRuns;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.History;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Portals.Servers;
using ManagedOAuth.Config.Portals.Sync;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using Marten;
using Marten.Events;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.Portals.Catalogs;

/// <summary>
/// <c>GET servers/{id}/quarantine</c>, <c>POST servers/{id}/approve</c> and <c>GET servers/{id}/tools|prompts/{name}/history</c> (ours): what waits
/// for approval with what is different about it, the approval, and how a definition became what it is.
/// </summary>
public static class ApprovalEndpoints
{
    private const int MostNames = 1000;
    private const int MostEvents = 1000;
    private const int EventsAtOnce = 20;

    private static readonly string s_meant = ListOf(AnyOf(Text, Of(("name", Text), ("hash?", Text))));
    private static readonly string s_quarantine = ListOf(Of(
        ("type", Text), ("name", Text), ("hash", Text), ("is_new", Flag), ("definition", OrNull(MapOf(Any))), ("last_approved", OrNull(MapOf(Any))), ("changes", HistoryShapes.Changes)));

    public static void MapApproval(this RouteGroupBuilder servers)
    {
        ArgumentNullException.ThrowIfNull(servers);
        servers.MapGet("/{id}/quarantine", (string id, ConfigurationLog log, CancellationToken _)
            => Find(id, log) is var (server, catalog) ? ApiEnvelope.Ok(Quarantine(catalog)) : NotFound()).Answers(s_quarantine);
        servers.MapPost("/{id}/approve", Approve).WithoutDryRun()
            .Takes(Of(("all?", Flag), ("tools?", s_meant), ("prompts?", s_meant), ("instructions?", s_meant))).Answers(Of(("approved", Texts), ("quarantine", s_quarantine)));
        foreach (var kind in (string[])["tools", "prompts"])
        {
            servers.MapGet($"/{{id}}/{kind}/{{name}}/history", (string id, string name, ConfigurationLog log, IDocumentStore store, CancellationToken ct) => History(id, kind, name, log, store, ct))
                .Answers(ListOf(Of(("version", Integer), ("at", Time), ("event", Text), ("hash", OrNull(Text)), ("approved", OrNull(Flag)), ("changes", HistoryShapes.Changes), ("actor", OrNull(Text)), ("actor_id?", Uuid))));
        }
    }

    /// <summary>What waits for approval.</summary>
    internal static JsonArray Quarantine(McpCatalog? catalog)
    {
        var waiting = new JsonArray();
        foreach (var (kind, definition) in All(catalog).Where(entry => !entry.Definition.Approved))
        {
            var (last, now) = (Node(definition.LastApproved), Node(definition.Definition));
            waiting.Add((JsonNode)new JsonObject
            {
                ["type"] = kind,
                ["name"] = definition.Name,
                ["hash"] = definition.Hash,
                ["is_new"] = last is null,
                ["definition"] = now,
                ["last_approved"] = last,
                ["changes"] = last is null ? [] : JsonDifference.Between(last, now),
            });
        }

        return waiting;
    }

    // Names alone approve what is there at the moment; with `hash` what was looked at, and nothing that came after it.
    private static async Task<IResult> Approve(
        string id, HttpRequest request, ConfigurationWriter writer, ChangeAnswers answers, ServerSync sync, McpServerStatuses statuses, IDocumentStore store, TimeProvider clock, CancellationToken ct)
    {
        var (json, refusal) = await JsonBody.ReadAsync(request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        var body = new BodyReader(json, []);
        var all = body.Flag("all", false);
        var meant = Wanted(body, "tools").Concat(Wanted(body, "prompts")).Concat(Wanted(body, CatalogRules.InstructionsName)).ToList();
        if (!all && meant.Count == 0 && body.Errors.Count == 0)
        {
            body.Refuse("tools", "name tools, prompts or instructions to approve, as texts or as {\"name\",\"hash\"}, or say all: true");
        }

        if (body.Errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, body.Errors);
        }

        await using var change = await writer.BeginAsync(ct);
        if (change.Snapshot.McpServers.Values.FirstOrDefault(server => server.ServerId == id) is not { } server)
        {
            return NotFound();
        }

        var catalog = change.Snapshot.McpCatalogs.GetValueOrDefault(McpCatalog.IdOf(server.Id));
        if (meant.Find(item => !All(catalog).Any(entry => item.Is(entry.Kind, entry.Definition))) is { } missing)
        {
            return ApiEnvelope.Error(StatusCodes.Status409Conflict, ApiErrors.InUse($"{missing.Kind}/{missing.Name} is not there, or no longer what was looked at; read the quarantine again"));
        }

        if (catalog is not null && CatalogRules.Approve(catalog, (kind, definition) => all || meant.Exists(item => item.Is(kind, definition))) is var (approved, names))
        {
            var version = change.Draft.VersionOf(catalog.Id) + 1;
            change.Draft.Append<McpCatalogObject>(catalog.Id, version, new McpDefinitionsApproved(approved with { Version = version, UpdatedAt = clock.GetUtcNow() }, names));
            var answer = new EnvelopeResult(StatusCodes.Status200OK, [], new JsonObject { ["approved"] = new JsonArray([.. names.Select(name => JsonValue.Create(name))]), ["quarantine"] = Quarantine(approved) });
            var saved = await answers.SaveAsync(change, answer, [], ct);
            await using var session = store.LightweightSession();
            await sync.AlertAsync(session, server, statuses.Of(server.Id), [], ct);
            await session.SaveChangesAsync(ct);
            return saved;
        }

        return ApiEnvelope.Ok(new JsonObject { ["approved"] = new JsonArray(), ["quarantine"] = Quarantine(catalog) });
    }

    private static async Task<IResult> History(string id, string kind, string name, ConfigurationLog log, IDocumentStore store, CancellationToken ct)
    {
        if (Find(id, log) is not var (server, _))
        {
            return NotFound();
        }

        await using var session = store.QuerySession();
        var stream = McpCatalog.IdOf(server.Id);
        var newest = (await session.Events.FetchStreamStateAsync(stream, ct))?.Version ?? 0;
        var shown = new List<JsonNode>();
        McpDefinition? before = null;
        await foreach (var e in EventsAsync(session, stream, newest, ct))
        {
            var catalog = ConfigurationFact.Of(e)?.State as McpCatalog;
            var now = All(catalog).FirstOrDefault(entry => entry.Kind == kind && entry.Definition.Name == name).Definition;
            if (now?.Hash != before?.Hash || now?.Approved != before?.Approved)
            {
                var moment = new JsonObject
                {
                    ["version"] = e.Version,
                    ["at"] = e.Timestamp,
                    ["event"] = e.EventTypeName,
                    ["hash"] = now?.Hash,
                    ["approved"] = now?.Approved,
                    ["changes"] = JsonDifference.Between(Node(before?.Definition), Node(now?.Definition)),
                };
                Actors.Show(moment, e.UserName);
                shown.Add(moment);
            }

            before = now;
        }

        shown.Reverse();
        return ApiEnvelope.Ok(new JsonArray([.. shown]));
    }

    // Each of them holds the whole catalog, which may be megabytes: never more than a few at the same time.
    private static async IAsyncEnumerable<IEvent> EventsAsync(IQuerySession session, Guid stream, long newest, [EnumeratorCancellation] CancellationToken ct)
    {
        for (var from = Math.Max(1, newest - MostEvents + 1); from <= newest; from += EventsAtOnce)
        {
            foreach (var e in await session.Events.FetchStreamAsync(stream, Math.Min(newest, from + EventsAtOnce - 1), fromVersion: from, ct: ct))
            {
                yield return e;
            }
        }
    }

    private static List<Meant> Wanted(BodyReader body, string kind) => [.. body.Items(kind, MostNames).Select((item, index) =>
    {
        if (item.ValueKind == JsonValueKind.String)
        {
            return new Meant(kind, item.GetString()!, null);
        }

        var entry = body.Item(kind, index, item);
        return new Meant(kind, entry.RequiredText("name", 200), entry.OptionalText("hash", 64));
    })];

    private static IEnumerable<(string Kind, McpDefinition Definition)> All(McpCatalog? catalog)
        => (catalog?.Tools ?? []).Select(tool => ("tools", tool)).Concat((catalog?.Prompts ?? []).Select(prompt => ("prompts", prompt)))
            .Concat(catalog?.WaitingInstructions is { } waiting ? [(CatalogRules.InstructionsName, waiting)] : []);

    private static (McpServer Server, McpCatalog? Catalog)? Find(string id, ConfigurationLog log)
    {
        var snapshot = log.Current.Snapshot;
        return snapshot.McpServers.Values.FirstOrDefault(server => server.ServerId == id) is { } server ? (server, snapshot.McpCatalogs.GetValueOrDefault(McpCatalog.IdOf(server.Id))) : null;
    }

    private static JsonObject? Node(JsonElement? value) => value is { ValueKind: JsonValueKind.Object } element ? JsonObject.Create(element) : null;

    private static IResult NotFound() => ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("mcp_server"));

    private sealed record Meant(string Kind, string Name, string? Hash)
    {
        public bool Is(string kind, McpDefinition definition) => Kind == kind && Name == definition.Name && (Hash is null || Hash == definition.Hash);
    }
}
