using System.Text.Json;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Transfer;

/// <summary>
/// Writes the configuration as one declarative document: every kind of object in the order in which they can be made, each kind by name, no secret,
/// and no member that the server alone sets. What the objects refer to and the file does not hold stands in <c>references</c> with its name, so that
/// it is found in another organization too. The same configuration gives the same bytes.
/// </summary>
public sealed class ConfigurationExport(IEnumerable<IObjectKind> kinds)
{
    private const int FlushAt = 64 * 1024;
    private static readonly JsonWriterOptions s_options = new() { Indented = true, NewLine = "\n", Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly IReadOnlyList<IObjectKind> _kinds = [.. kinds.Where(kind => kind.IsTransferable)];

    /// <summary>The kinds that can be exported, in the order of the file.</summary>
    public IReadOnlyList<IObjectKind> Kinds => _kinds;

    /// <summary>Writes the document.</summary>
    public async Task WriteAsync(Stream stream, ConfigurationState state, IReadOnlyCollection<IObjectKind> chosen, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(chosen);
        await using var writer = new Utf8JsonWriter(stream, s_options);
        writer.WriteStartObject();
        writer.WriteString("format", TransferFormat.Name);
        writer.WriteNumber("format_version", TransferFormat.Version);
        writer.WriteStartObject("objects");
        var references = new SortedDictionary<Guid, FeedEntry>();
        foreach (var kind in _kinds.Where(chosen.Contains))
        {
            writer.WriteStartArray(kind.Name);
            foreach (var record in kind.All(state.Snapshot).OrderBy(record => record.Name, StringComparer.Ordinal).ThenBy(record => record.Id))
            {
                var shown = kind.Export(record, state.Snapshot);
                foreach (var entry in References.In(shown).Where(id => id != record.Id).Select(id => state.Entries.GetValueOrDefault(id)).OfType<FeedEntry>())
                {
                    references[entry.Id] = entry;
                }

                shown.WriteTo(writer);
                if (writer.BytesPending > FlushAt)
                {
                    await writer.FlushAsync(ct);
                }
            }

            writer.WriteEndArray();
        }

        writer.WriteEndObject();
        WriteReferences(writer, references.Values.Where(entry => _kinds.Any(kind => kind.Name == entry.Kind && !chosen.Contains(kind) && entry.State is ConfigurationRecord record && kind.IsListed(record))));
        writer.WriteEndObject();
        await writer.FlushAsync(ct);
    }

    private static void WriteReferences(Utf8JsonWriter writer, IEnumerable<FeedEntry> entries)
    {
        writer.WriteStartObject("references");
        foreach (var entry in entries)
        {
            writer.WriteStartObject(entry.Id.ToString());
            writer.WriteString("kind", entry.Kind);
            writer.WriteString("name", ((ConfigurationRecord)entry.State!).Name);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }
}
