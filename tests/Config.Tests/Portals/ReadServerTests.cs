using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Grpc.Core;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.ServerReadings;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Config.Tests.Portals;

/// <summary>What tests of servers that the running service reads have in common.</summary>
public abstract class ReadServerTests(ConfigHost host)
{
    protected ConfigHost Host { get; } = host;

    protected (ServerReadings.ServerReadingsClient Client, Metadata Headers) ReadingsOf(string caller)
        => (new ServerReadings.ServerReadingsClient(Host.Grpc), new Metadata { { "x-managedoauth-service", Host.CredentialOf(caller) } });

    protected async Task<string> AddAsync(string address, string type = "unauthenticated", string more = "")
    {
        var id = PortalCalls.NewId("sync");
        await Host.Api.Must(HttpStatusCode.Created, "POST", PortalCalls.Servers, $$"""{"id":"{{id}}","name":"{{id}}","hostname":"{{address}}","auth_type":"{{type}}"{{more}}}""");
        return id;
    }

    protected async Task<JsonNode> BecomesAsync(string id, string status, bool withTools = false)
    {
        JsonNode? server = null;
        await Eventually.Passes(async () =>
        {
            server = await Host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}");

            // Another replica may have read it, and this one have its status before its tools.
            Assert.True((string)server["status"]! == status && (!withTools || server["tools"]!.AsArray().Count > 0), server.ToJsonString());
        });
        return server!;
    }

    protected async Task<JsonArray> QuarantineAsync(string id) => (await Host.Api.Must(HttpStatusCode.OK, "GET", $"{PortalCalls.Servers}/{id}/quarantine")).AsArray();

    protected Task<JsonNode> AlertsAsync(string id) => Host.Api.Must(HttpStatusCode.OK, "GET", string.Create(CultureInfo.InvariantCulture, $"{PortalCalls.Mcp}/alerts?server_id={id}"));

    private protected Task<ApiAnswer> ApproveAsync(string id, string body) => Host.Api.Call("POST", $"{PortalCalls.Servers}/{id}/approve", body);
}
