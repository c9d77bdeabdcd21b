using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.ServiceDefaults.Http;

namespace ManagedOAuth.Config.Transfer;

/// <summary>One object of a file.</summary>
/// <param name="Kind">Its kind.</param>
/// <param name="Pointer">Where it stands in the file (RFC 6901).</param>
/// <param name="Id">Its id; null when the file gives none.</param>
/// <param name="Name">Its name, or empty.</param>
/// <param name="Body">The object.</param>
public sealed record TransferObject(IObjectKind Kind, string Pointer, Guid? Id, string Name, JsonElement Body);

/// <summary>An object that the file refers to and does not hold.</summary>
public sealed record TransferReference(string Kind, string Name);

/// <summary>A file as it was read, before anything is compared with the configuration.</summary>
public sealed class TransferFile
{
    private static readonly JsonDocumentOptions s_options = new() { MaxDepth = 40, AllowDuplicateProperties = false };

    private TransferFile(IReadOnlyList<IObjectKind> kinds, IReadOnlyList<TransferObject> objects, IReadOnlyDictionary<Guid, TransferReference> references)
    {
        Kinds = kinds;
        Objects = objects;
        References = references;
    }

    /// <summary>The kinds that the file is about, also where it has no object of them.</summary>
    public IReadOnlyList<IObjectKind> Kinds { get; }

    /// <summary>In the order of kinds in which they can be made, and in the file's order within a kind.</summary>
    public IReadOnlyList<TransferObject> Objects { get; }

    /// <summary>By id: what other organizations may know under another id.</summary>
    public IReadOnlyDictionary<Guid, TransferReference> References { get; }

    /// <summary>Reads a file; null and errors where its shape is wrong. What the objects say is not looked at yet.</summary>
    /// <param name="json">The file.</param>
    /// <param name="kinds">The kinds that there are, in the order in which they can be made.</param>
    /// <param name="errors">Takes what is wrong.</param>
    public static TransferFile? Read(ReadOnlyMemory<byte> json, IReadOnlyList<IObjectKind> kinds, List<ApiError> errors)
    {
        ArgumentNullException.ThrowIfNull(kinds);
        ArgumentNullException.ThrowIfNull(errors);
        if (!EscapedText.IsPaired(json.Span))
        {
            errors.Add(ApiErrors.InvalidRequest(JsonBody.UnpairedText));
            return null;
        }

        JsonElement root;
        try
        {
            // Not disposed: the objects are read out of it as long as the file is in use.
            root = JsonDocument.Parse(json, s_options).RootElement;
        }
        catch (JsonException refused)
        {
            errors.Add(ApiErrors.InvalidRequest($"the file is no valid JSON: it is broken, has a member twice, or is nested too deeply (line {refused.LineNumber + 1})"));
            return null;
        }

        var reader = new BodyReader(root, errors);
        if (root.ValueKind != JsonValueKind.Object || !reader.IsText("format", TransferFormat.Name))
        {
            reader.Refuse("format", $"format is {TransferFormat.Name}; this is no file of an export");
            return null;
        }

        if (reader.Number("format_version", 1, TransferFormat.Version) is null)
        {
            reader.Refuse("format_version", $"format_version is {TransferFormat.Version}");
            return null;
        }

        if (!root.TryGetProperty("objects", out var objects) || objects.ValueKind != JsonValueKind.Object)
        {
            reader.Refuse("objects", "objects is an object: for each kind of objects an array of them");
            return null;
        }

        var (named, found) = ReadObjects(objects, kinds, errors);
        var references = ReadReferences(root, reader);
        return errors.Count == 0 ? new TransferFile(named, found, references) : null;
    }

    private static (List<IObjectKind> Kinds, List<TransferObject> Objects) ReadObjects(JsonElement objects, IReadOnlyList<IObjectKind> kinds, List<ApiError> errors)
    {
        foreach (var member in objects.EnumerateObject().Where(member => !kinds.Any(kind => member.NameEquals(kind.Name))))
        {
            errors.Add(ApiErrors.Invalid($"/objects/{member.Name}", $"there is no such kind of objects; there are {string.Join(", ", kinds.Select(kind => kind.Name))}"));
        }

        var named = kinds.Where(kind => objects.TryGetProperty(kind.Name, out _)).ToList();
        var found = new List<TransferObject>();
        var ids = new HashSet<Guid>();
        foreach (var kind in named)
        {
            var items = new BodyReader(objects, errors, "/objects").Items(kind.Name, TransferFormat.MaximumObjects - found.Count);
            for (var index = 0; index < items.Count; index++)
            {
                found.Add(ReadObject(kind, items[index], $"/objects/{kind.Name}/{index}", ids, errors));
            }
        }

        return (named, found);
    }

    private static TransferObject ReadObject(IObjectKind kind, JsonElement item, string pointer, HashSet<Guid> ids, List<ApiError> errors)
    {
        if (item.ValueKind != JsonValueKind.Object)
        {
            errors.Add(ApiErrors.Invalid(pointer, "each of the objects is a JSON object"));
            return new TransferObject(kind, pointer, null, "", item);
        }

        Guid? id = null;
        if (item.TryGetProperty("id", out var given) && given.ValueKind != JsonValueKind.Null)
        {
            if (given.ValueKind == JsonValueKind.String && given.TryGetGuid(out var parsed))
            {
                id = parsed;
                if (!ids.Add(parsed))
                {
                    errors.Add(ApiErrors.Invalid($"{pointer}/id", "another object of the file has this id"));
                }
            }
            else
            {
                errors.Add(ApiErrors.Invalid($"{pointer}/id", "id is a uuid; leave it out for a new object, or one that is known by its name"));
            }
        }

        return new TransferObject(kind, pointer, id, new BodyReader(item, errors).PlainText("name"), item);
    }

    private static Dictionary<Guid, TransferReference> ReadReferences(JsonElement root, BodyReader reader)
    {
        var references = new Dictionary<Guid, TransferReference>();
        if (!root.TryGetProperty("references", out var table) || table.ValueKind == JsonValueKind.Null)
        {
            return references;
        }

        if (table.ValueKind != JsonValueKind.Object || table.GetPropertyCount() > TransferFormat.MaximumObjects)
        {
            reader.Refuse("references", $"references is an object of at most {TransferFormat.MaximumObjects} members");
            return references;
        }

        foreach (var member in table.EnumerateObject())
        {
            var entry = new BodyReader(member.Value, reader.Errors, $"/references/{member.Name}");
            if (Guid.TryParse(member.Name, out var id) && member.Value.ValueKind == JsonValueKind.Object)
            {
                references[id] = new TransferReference(entry.RequiredText("kind", 40), entry.RequiredText("name"));
            }
            else
            {
                reader.Refuse($"references/{member.Name}", "each of references has a uuid as its name, and kind and name in it");
            }
        }

        return references;
    }
}
