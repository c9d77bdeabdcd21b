using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Config.Tests.Transfer;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using static ManagedOAuth.Config.Tests.Support.ApiCalls;

namespace ManagedOAuth.Config.Tests.Objects;

/// <summary>Every kind of object holds nothing that its events do not say.</summary>
public sealed class RebuildTests : IAsyncLifetime
{
    private static readonly string[] s_renamed = ["list", "custom_page", "organization", "identity_provider", "service_token", "group", "policy", "application", "mcp_server", "mcp_portal"];

    private readonly ConfigHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Snapshots_RebuiltFromTheEvents_AreTheSame()
    {
        await LiveAsync();
        var store = _host.Services.GetRequiredService<IDocumentStore>();
        var (before, after) = await FoldedRows.EmptyAndRebuildAsync(_host.Services.GetRequiredService<NpgsqlDataSource>(), "config", async () =>
        {
            foreach (var name in store.Advanced.ProjectionNames)
            {
                await store.Advanced.RebuildProjectionAsync(name);
            }
        });
        Assert.Equal(before, after);
    }

    // Made, changed, and what nothing needs any more removed.
    private async Task LiveAsync()
    {
        await ExportApplyTests.FillAsync(_host.Api);
        var file = JsonNode.Parse(await _host.Api.GetStringAsync($"{Access}/export"))!;
        foreach (var entry in s_renamed.SelectMany(kind => file["objects"]![kind]!.AsArray()))
        {
            entry!["name"] = (string)entry["name"]! + " 2";
        }

        var changed = await _host.Api.Must(HttpStatusCode.OK, "POST", $"{Access}/apply", file.ToJsonString());
        Assert.True((int)changed["counts"]!["changed"]! >= s_renamed.Length);

        var catalog = new McpCatalog { Id = Guid.NewGuid(), ServerId = "search" };
        await using (var session = _host.Services.GetRequiredService<IDocumentStore>().LightweightSession())
        {
            session.Events.StartStream<McpCatalogObject>(catalog.Id, new McpCatalogCreated(catalog), new McpCatalogChanged(catalog with { ProtocolVersion = "2025-06-18" }));
            await session.SaveChangesAsync();
        }

        await _host.Api.Must(
            HttpStatusCode.OK, "POST", $"{Access}/apply?prune=true", """{"format":"managedoauth.configuration","format_version":1,"objects":{"group":[],"policy":[],"application":[],"mcp_server":[],"mcp_portal":[]}}""");
        await _host.Api.Must(HttpStatusCode.Accepted, "DELETE", $"{Access}/tags/red");
    }
}
