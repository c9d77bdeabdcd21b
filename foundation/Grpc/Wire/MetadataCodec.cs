using System.Collections.Frozen;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>Metadata entries as HTTP header values and back.</summary>
internal static class MetadataCodec
{
    /// <summary>Headers of the protocol itself: neither shown as metadata nor taken from it.</summary>
    private static readonly FrozenSet<string> s_protocolHeaders = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "accept-encoding", "content-encoding", "content-length", "content-type", "host", "te", "trailer", "transfer-encoding",
        "grpc-accept-encoding", "grpc-encoding", "grpc-message", "grpc-status", "grpc-timeout");

    public static bool IsProtocolHeader(string name) => name.Length == 0 || name[0] == ':' || s_protocolHeaders.Contains(name);

    /// <summary>Text as it is; bytes as base64 without padding.</summary>
    /// <exception cref="ArgumentException">The text holds more than printable ASCII. The message does not repeat it.</exception>
    public static string Encode(Metadata.Entry entry)
    {
        if (entry.IsBinary)
        {
            return Convert.ToBase64String(entry.RawBytes).TrimEnd('=');
        }

        if (entry.Value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
        {
            throw new ArgumentException($"The value of metadata '{entry.Key}' holds characters other than printable ASCII; use a name that ends in -bin.");
        }

        return entry.Value;
    }

    /// <summary>Adds a received header. Names that gRPC does not allow are left out; joined <c>-bin</c> values are taken apart.</summary>
    /// <exception cref="FormatException">A <c>-bin</c> value is not base64.</exception>
    public static void Decode(Metadata metadata, string name, string value)
    {
        if (IsProtocolHeader(name) || !Metadata.Entry.IsKey(name))
        {
            return;
        }

        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            metadata.Add(new Metadata.Entry(name, value, null));
            return;
        }

        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
        {
            metadata.Add(new Metadata.Entry(name, null, FromBase64(part)));
        }
    }

    private static byte[] FromBase64(string text)
    {
        var bare = text.TrimEnd('=');
        return Convert.FromBase64String(bare.PadRight((bare.Length + 3) / 4 * 4, '='));
    }
}
