using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Config.Lists;

/// <summary>Reads and validates lists of addresses and changes of their values.</summary>
public static class AccessListReader
{
    /// <summary>Values that one list may have.</summary>
    public const int MaximumItems = 5000;

    private const int LongestDescription = 200;

    /// <summary>Reads a list. A list keeps its type; a PUT without <c>items</c> keeps the values, as in the original.</summary>
    public static AccessList Read(BodyReader body, Guid id, AccessList? existing, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(body);
        var type = existing?.Type ?? Type(body);
        return new AccessList
        {
            Id = id,
            Name = body.RequiredText("name", 200),
            Description = body.Text("description", existing?.Description ?? "", 1024),
            Type = type,
            Items = body.Has("items") || existing is null ? Combine(Items(body, "items", type, now), existing?.Items ?? []) : existing.Items,
        };
    }

    /// <summary>Reads a change: <c>append</c> adds values, <c>remove</c> takes values away. What is there already, or not there, is left as it is.</summary>
    public static AccessList Edit(BodyReader body, AccessList existing, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(body);
        ArgumentNullException.ThrowIfNull(existing);
        var removed = Removed(body, existing.Type);
        var kept = existing.Items.Where(item => !removed.Contains(item.Value));
        var items = kept.Concat(Items(body, "append", existing.Type, now)).DistinctBy(item => item.Value, StringComparer.Ordinal).ToList();
        if (items.Count > MaximumItems)
        {
            body.Refuse("append", $"a list has at most {MaximumItems} values");
        }

        return existing with { Items = items };
    }

    private static AccessListType Type(BodyReader body)
    {
        switch (body.RequiredText("type", 20))
        {
            case "EMAIL" or "": return AccessListType.Email;
            case "IP": return AccessListType.Ip;
            default:
                body.Refuse("type", "type is EMAIL or IP: other lists decide nothing here");
                return AccessListType.Email;
        }
    }

    // A value that was there keeps the time at which it came.
    private static List<AccessListItem> Combine(IReadOnlyList<AccessListItem> given, IReadOnlyList<AccessListItem> known)
    {
        var times = known.ToDictionary(item => item.Value, item => item.CreatedAt, StringComparer.Ordinal);
        return [.. given.DistinctBy(item => item.Value, StringComparer.Ordinal)
            .Select(item => times.TryGetValue(item.Value, out var since) ? item with { CreatedAt = since } : item)];
    }

    private static List<AccessListItem> Items(BodyReader body, string member, AccessListType type, DateTimeOffset now)
    {
        var items = new List<AccessListItem>();
        foreach (var (element, index) in body.Items(member, MaximumItems).Select((element, index) => (element, index)))
        {
            var item = body.Item(member, index, element);
            if (Normalize(item.OptionalText("value", 320), type) is { } value)
            {
                items.Add(new AccessListItem(value, item.OptionalText("description", LongestDescription), now));
            }
            else
            {
                item.Refuse("value", Expected(type));
            }
        }

        return items;
    }

    private static HashSet<string> Removed(BodyReader body, AccessListType type)
    {
        var removed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (element, index) in body.Items("remove", MaximumItems).Select((element, index) => (element, index)))
        {
            if (element.ValueKind == JsonValueKind.String && Normalize(element.GetString(), type) is { } value)
            {
                removed.Add(value);
            }
            else
            {
                body.Refuse($"remove/{index}", Expected(type));
            }
        }

        return removed;
    }

    private static string Expected(AccessListType type)
        => type == AccessListType.Email ? "a value of this list is an e-mail address" : "a value of this list is an address or a network in CIDR notation";

    private static string? Normalize(string? text, AccessListType type)
    {
        var value = text?.Trim().ToLowerInvariant() ?? "";
        if (type == AccessListType.Ip)
        {
            return AddressRange.TryParse(value, out _) ? value : null;
        }

        var at = value.IndexOf('@', StringComparison.Ordinal);
        return at > 0 && at == value.LastIndexOf('@') && at < value.Length - 1 && !value.Any(char.IsWhiteSpace) ? value : null;
    }
}
