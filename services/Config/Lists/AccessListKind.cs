using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Config.Policies;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Configuration.Events;

namespace ManagedOAuth.Config.Lists;

/// <summary>Lists of addresses: <c>/gateway/lists</c>, where the original has them.</summary>
public sealed class AccessListKind(TimeProvider clock) : ObjectKind<AccessList, AccessListObject>
{
    public override string Name => "list";

    public override string Path => "gateway/lists";

    public override object Created(AccessList state) => new AccessListCreated(state);

    public override object Changed(AccessList state) => new AccessListChanged(state);

    public override object Removed(Guid id) => new AccessListRemoved(id);

    public override IReadOnlyDictionary<Guid, AccessList> In(ConfigurationSnapshot snapshot) => snapshot.Lists;

    protected override JsonTypeInfo<AccessList> Json => ConfigurationJson.Default.AccessList;

    public override AccessList Read(BodyReader body, Guid id, AccessList? existing, ConfigurationDraft draft) => AccessListReader.Read(body, id, existing, clock.GetUtcNow());

    /// <summary>With the number of values; the values themselves have an address of their own.</summary>
    public override JsonNode Show(AccessList state, ConfigurationSnapshot snapshot)
    {
        var node = ApiEnvelope.ToNode(state with { Items = [] }, Json).AsObject();
        node.Remove("items");
        node["count"] = state.Items.Count;
        return node;
    }

    // A rule about a list that is gone cannot be decided, and what is not decided does not admit.
    public override string? InUse(Guid id, ConfigurationSnapshot snapshot)
        => RuleUsers.First(snapshot, rule => rule.ListId == id) is { } user
            ? $"the list is used by {user}"
            : null;

    /// <summary>The values are read page by page.</summary>
    public override ObjectShape Shape { get; } = new()
    {
        Hidden = ["items"],
        Answered = new Dictionary<string, string> { ["count"] = """{"type":"integer"}""" },
        Taken = new Dictionary<string, string>
        {
            ["items"] = """{"type":"array","items":{"type":"object","required":["value"],"properties":{"value":{"type":"string"},"description":{"type":"string"}}}}""",
            ["append"] = """{"type":"array","description":"With PATCH: values that come.","items":{"type":"object"}}""",
            ["remove"] = """{"type":"array","description":"With PATCH: values that go.","items":{"type":"string"}}""",
        },
    };

    public override RequiredPermission Permissions { get; } = new(ApiPermission.AppsAndPoliciesRead, ApiPermission.AppsAndPoliciesWrite);

    public override bool IsUnderAccess => false;

    /// <summary>With the values.</summary>
    public override JsonNode ShowAlone(object state) => ApiEnvelope.ToNode((AccessList)state, Json);

    /// <summary>Without the times at which the values came.</summary>
    public override JsonObject Export(AccessList state, ConfigurationSnapshot snapshot)
    {
        var node = base.Export(state, snapshot);
        foreach (var item in node["items"]!.AsArray())
        {
            item!.AsObject().Remove("created_at");
        }

        return node;
    }
}
