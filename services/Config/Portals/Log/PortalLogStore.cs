using System.Text.Json.Serialization;
using ManagedOAuth.ServiceDefaults.Startup;
using Marten;
using Marten.Events;

namespace ManagedOAuth.Config.Portals.Log;

/// <summary>
/// The events of what went through the portals, with a line for each of them, in a schema of their own (<c>portal_log</c>). Beside the configuration
/// they would be in the way: there every position is a change that each service waits for, written under one lock; here there are thousands of entries
/// a second at most, and none of them decides anything.
/// </summary>
public sealed class PortalLogStore : IAsyncDisposable
{
    private const int PageSize = 500;

    private readonly DocumentStore _store;

    public PortalLogStore(IDocumentStore configuration, TimeProvider clock, ILoggerFactory logs)
    {
        var options = new StoreOptions { DatabaseSchemaName = "portal_log" };
        options.Connection(configuration);
        options.Serializer(PortalLogJson.Default);
        options.Events.MapEventType<PortalRequestHandled>("portal_request_handled");
        options.Schema.For<PortalLogLine>()
            .Index(line => line.At).Index(line => line.UserEmail, line => line.At).Index(line => line.ServerId, line => line.At).Index(line => line.GrantId).Index(line => line.FlowId)
            .Index(line => line.Request.UserId, line => line.At).Index(line => line.Request.Tool, line => line.At).Index(line => line.Request.Outcome, line => line.At);
        _store = new DocumentStore(options, clock, logs);
    }

    /// <summary>A unit of work.</summary>
    public IDocumentSession LightweightSession() => _store.LightweightSession();

    /// <summary>A session that reads.</summary>
    public IQuerySession QuerySession() => _store.QuerySession();

    /// <summary>Makes the lines anew from the events.</summary>
    public async Task RebuildAsync(CancellationToken ct)
    {
        await using var session = _store.LightweightSession();
        session.DeleteWhere<PortalLogLine>("where true");
        await session.SaveChangesAsync(ct);
        var after = 0L;
        while (true)
        {
            await using var page = _store.LightweightSession();
            var events = (await page.Events.QueryEventsAsync(new EventQuery { After = after, PageSize = PageSize }, ct)).Events;
            page.Store([.. events.Select(e => e.Data).OfType<PortalRequestHandled>().Select(PortalLogLine.Of)]);
            await page.SaveChangesAsync(ct);
            if (events.Count < PageSize)
            {
                return;
            }

            after = events[^1].Sequence;
        }
    }

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    internal sealed class SchemaStep(PortalLogStore log) : IStartupStep
    {
        public string Name => "apply the schema of the portal log";

        public Task RunAsync(CancellationToken cancellation) => log._store.Storage.ApplyAllConfiguredChangesToDatabaseAsync(cancellation);
    }
}

/// <summary>What the log stores as JSON.</summary>
[JsonSerializable(typeof(PortalRequestHandled))]
[JsonSerializable(typeof(PortalLogLine))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
public sealed partial class PortalLogJson : JsonSerializerContext;
