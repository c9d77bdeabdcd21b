using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Pages.McpServers;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.McpPortals;

/// <summary>What the form of a portal offers, and what stands beside it.</summary>
public sealed record McpPortalFacts
{
    /// <summary>Every server there is: name by id.</summary>
    public required IReadOnlyDictionary<string, string> Servers { get; init; }

    /// <summary>The reusable policies, for a new portal.</summary>
    public required IReadOnlyList<JsonObject> Policies { get; init; }

    /// <summary>There are more than those.</summary>
    public bool HasMorePolicies { get; init; }

    /// <summary>The portal as it is stored, with the state of its servers; empty for a new one.</summary>
    public required JsonObject Portal { get; init; }

    /// <summary>How a server of the stored portal is; null where it is not in it yet.</summary>
    public JsonObject? StateOf(string server) => (Portal["servers"] as JsonArray)?.OfType<JsonObject>().FirstOrDefault(shown => (string?)shown["server_id"] == server);
}

/// <summary>What a portal says about the tools of one of its servers.</summary>
public sealed record McpPortalServerModel
{
    /// <summary>The portal's <c>uid</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The portal's name as it is stored.</summary>
    public required string Portal { get; init; }

    /// <summary>The server's name.</summary>
    public required string Server { get; init; }

    public required Draft Draft { get; init; }

    /// <summary>The portal's entry of the server, in the draft.</summary>
    public required JsonObject Entry { get; init; }

    /// <summary>Where the entry stands in the draft.</summary>
    public required string Pointer { get; init; }

    public required string ETag { get; init; }

    public required CapabilityPage Page { get; init; }

    public Preview? Preview { get; init; }

    /// <summary>Only tools that are switched on are there.</summary>
    public bool IsAllowList => (bool?)Entry["default_disabled"] == true;
}
