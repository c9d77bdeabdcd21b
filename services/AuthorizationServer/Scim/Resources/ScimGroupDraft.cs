using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Scim.Patching;
using ManagedOAuth.AuthorizationServer.Scim.Queries;
using ManagedOAuth.AuthorizationServer.Scim.Store;

namespace ManagedOAuth.AuthorizationServer.Scim.Resources;

/// <summary>A group as operations leave it, with what that changes. Members that a provider removes twice, or adds twice, are no error.</summary>
public sealed class ScimGroupDraft
{
    private readonly ScimGroup _before;
    private readonly HashSet<Guid> _known;
    private readonly HashSet<Guid> _members;

    public ScimGroupDraft(ScimGroup before, IEnumerable<Guid> members)
    {
        ArgumentNullException.ThrowIfNull(before);
        _before = before;
        _known = [.. members];
        _members = [.. _known];
        (Name, ExternalId) = (before.DisplayName, before.ExternalId);
    }

    public string Name { get; set; }

    public string? ExternalId { get; set; }

    public bool IsRenamed => Name != _before.DisplayName || ExternalId != _before.ExternalId;

    public int Members => _members.Count;

    public IReadOnlySet<Guid> Added => _members.Except(_known).ToHashSet();

    public IReadOnlySet<Guid> Removed => _known.Except(_members).ToHashSet();

    /// <summary>These members and no others.</summary>
    public void Set(IEnumerable<Guid> members)
    {
        _members.Clear();
        _members.UnionWith(members);
    }

    /// <summary>Applies one operation. What is not an attribute of a group is passed over.</summary>
    /// <exception cref="ScimException">As RFC 7644 §3.5.2 has it.</exception>
    public void Apply(ScimOperation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        switch (operation.Path.Attribute.ToLowerInvariant())
        {
            case "members":
                ApplyMembers(operation);
                break;
            case "displayname":
                Name = operation.Operator == ScimOperator.Remove
                    ? throw ScimException.Invalid("mutability", "displayName is required.")
                    : ScimGroupReader.Name(new JsonObject { ["displayName"] = operation.Value?.DeepClone() });
                break;
            case "externalid":
                ExternalId = operation.Operator == ScimOperator.Remove ? null : ScimUserReader.Text(new JsonObject { ["externalId"] = operation.Value?.DeepClone() }, "externalId");
                break;
        }
    }

    private void ApplyMembers(ScimOperation operation)
    {
        if (operation.Path.Filter is { } filter)
        {
            var named = Named(filter);
            if (operation.Operator != ScimOperator.Remove)
            {
                throw ScimException.Invalid("invalidPath", "Members are added with their values, not by a filter.");
            }

            _members.ExceptWith(named);
            return;
        }

        switch (operation.Operator)
        {
            case ScimOperator.Add:
                _members.UnionWith(ScimGroupReader.Members(operation.Value));
                break;
            case ScimOperator.Replace:
                Set(ScimGroupReader.Members(operation.Value));
                break;
            case ScimOperator.Remove when operation.Value is null or JsonArray { Count: 0 }:
                _members.Clear();
                break;
            default:
                // Entra names whom it removes in the value.
                _members.ExceptWith(ScimGroupReader.Members(operation.Value));
                break;
        }
    }

    private static IEnumerable<Guid> Named(ScimFilter filter) => filter switch
    {
        ScimFilter.Comparison { Attribute: "value", Operator: "eq", Value: string text } => Guid.TryParse(text, out var id) ? [id] : [],
        ScimFilter.Or either => Named(either.Left).Concat(Named(either.Right)),
        _ => throw ScimException.Invalid("invalidFilter", "Members are named by value eq."),
    };
}
