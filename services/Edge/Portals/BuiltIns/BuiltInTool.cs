using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;

namespace ManagedOAuth.Edge.Portals.BuiltIns;

/// <summary>A tool of the portal itself. Its name begins with <c>portal_</c>, which no server's can.</summary>
internal abstract class BuiltInTool
{
    private ReadOnlyMemory<byte> _definition;

    public abstract string Name { get; }

    protected abstract string Description { get; }

    /// <summary>The JSON schema of the arguments.</summary>
    protected abstract string InputSchema { get; }

    /// <summary>It changes nothing.</summary>
    protected virtual bool IsReadOnly => true;

    /// <summary>Whether it is there for a request.</summary>
    public virtual bool IsFor(PortalRequest request) => true;

    public abstract ValueTask<RpcAnswer> CallAsync(PortalRequest request, JsonElement arguments);

    /// <summary>The definition, as <c>tools/list</c> shows it.</summary>
    public ReadOnlyMemory<byte> Definition => _definition.IsEmpty ? _definition = RpcWriter.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("name", Name);
        json.WriteString("description", Description);
        json.WritePropertyName("inputSchema");
        json.WriteRawValue(InputSchema, skipInputValidation: true);
        json.WriteStartObject("annotations");
        json.WriteBoolean("readOnlyHint", IsReadOnly);
        json.WriteBoolean("openWorldHint", false);
        json.WriteEndObject();
        json.WriteEndObject();
    }) : _definition;

    /// <summary>Whether a name is one of the portal's own.</summary>
    public static bool IsName(string name) => name.StartsWith(PortalNames.Reserved + "_", StringComparison.Ordinal);
}
