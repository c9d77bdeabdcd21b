using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Policies;
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
        var removed = Removed(body, existing);
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
            var value = Normalize(item.OptionalText("value", 320));
            if (Wrong(value, type) is { } reason)
            {
                item.Refuse("value", reason);
            }
            else
            {
                items.Add(new AccessListItem(value, item.OptionalText("description", LongestDescription), now));
            }
        }

        return items;
    }

    private static HashSet<string> Removed(BodyReader body, AccessList existing)
    {
        var known = existing.Items.Select(item => item.Value).ToHashSet(StringComparer.Ordinal);
        var removed = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (element, index) in body.Items("remove", MaximumItems).Select((element, index) => (element, index)))
        {
            var value = Normalize(element.ValueKind == JsonValueKind.String ? element.GetString() : null);

            // What is in the list can be taken out, also when it could no longer be put in.
            if (!known.Contains(value) && Wrong(value, existing.Type) is { } reason)
            {
                body.Refuse($"remove/{index}", reason);
            }
            else
            {
                removed.Add(value);
            }
        }

        return removed;
    }

    private static string Normalize(string? text) => EmailAddress.Lower((text ?? "").Trim());

    private static string? Wrong(string value, AccessListType type)
        => type == AccessListType.Email ? AddressText.WrongEmail(value) : AddressText.WrongNetwork(value);
}
