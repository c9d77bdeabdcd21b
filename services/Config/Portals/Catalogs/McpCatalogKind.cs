using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Portals.Catalogs;

/// <summary>
/// What MCP servers offer, as it was read: nobody writes it, and its versions are the history of every definition
/// (<c>/access/ai-controls/mcp/catalogs/{uid}/versions</c>).
/// </summary>
public sealed class McpCatalogKind : IObjectKind
{
    private const string ReadAlone = "what a server offers is read from the server, and is gone with it";

    public string Name => "mcp_catalog";

    public string Path => "ai-controls/mcp/catalogs";

    public bool IsUnderAccess => true;

    public bool IsRestorable => false;

    public bool IsTransferable => false;

    public bool IsRemovable => false;

    public Guid? OnlyId => null;

    public string? LeftToDo(JsonElement body, ConfigurationRecord? existing) => null;

    public RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);

    public Type StateType => typeof(McpCatalog);

    public Type ObjectType => typeof(McpCatalogObject);

    /// <summary>Definitions by name, so that a comparison of two versions speaks of them one by one.</summary>
    public JsonNode ShowAlone(object state)
    {
        var catalog = (McpCatalog)state;
        var node = ApiEnvelope.ToNode(catalog with { Tools = [], Prompts = [] }, ConfigurationJson.Default.McpCatalog).AsObject();
        node["uid"] = catalog.Id;
        node["name"] = catalog.ServerId;
        node["tools"] = ByName(catalog.Tools);
        node["prompts"] = ByName(catalog.Prompts);
        return node;
    }

    public IEnumerable<ConfigurationRecord> All(ConfigurationSnapshot snapshot) => [];

    public bool IsListed(ConfigurationRecord state) => false;

    public JsonObject Export(ConfigurationRecord state, ConfigurationSnapshot snapshot) => throw new NotSupportedException(ReadAlone);

    public void Put(BodyReader body, Guid id, ConfigurationDraft draft, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(body);
        body.Refuse("kind", ReadAlone);
    }

    public string? Remove(Guid id, ConfigurationDraft draft) => ReadAlone;

    public Task<IResult> RestoreAsync(HttpContext context, Guid id, long version, CancellationToken ct)
        => Task.FromResult(ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest(ReadAlone)));

    private static JsonObject ByName(IEnumerable<McpDefinition> definitions)
        => new(definitions.Select(definition => KeyValuePair.Create(definition.Name, JsonSerializer.SerializeToNode(definition, ConfigurationJson.Default.McpDefinition))));
}
