using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>One header: a lower-case name with either text (printable ASCII) or, when the name ends in <c>-bin</c>, bytes.</summary>
    public sealed class Entry
    {
        private static readonly SearchValues<char> s_keyCharacters =
            SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.");

        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <exception cref="ArgumentException">The name is not a metadata name, or ends in <c>-bin</c>.</exception>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = NormalizeKey(key);
            _text = value;
            if (IsBinary)
            {
                throw new ArgumentException($"'{Key}' ends in -bin, so its value must be bytes.", nameof(key));
            }
        }

        /// <exception cref="ArgumentException">The name is not a metadata name, or does not end in <c>-bin</c>.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = NormalizeKey(key);
            _bytes = [.. valueBytes];
            if (!IsBinary)
            {
                throw new ArgumentException($"'{Key}' does not end in -bin, so its value must be text.", nameof(key));
            }
        }

        /// <summary>From the wire: the name has been checked.</summary>
        internal Entry(string checkedKey, string? text, byte[]? bytes)
        {
            Key = checkedKey.ToLowerInvariant();
            _text = text;
            _bytes = bytes;
        }

        public string Key { get; }

        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        /// <exception cref="InvalidOperationException">The value is bytes.</exception>
        public string Value => _text ?? throw new InvalidOperationException($"'{Key}' has bytes, not text.");

        /// <summary>A copy of the bytes; for text, its ASCII bytes.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_text!) : [.. _bytes];

        internal ReadOnlySpan<byte> RawBytes => _bytes;

        /// <summary>Name and, for text, value: do not log entries that may carry credentials.</summary>
        public override string ToString() => IsBinary ? $"[Entry: key={Key}, binary]" : $"[Entry: key={Key}, value={_text}]";

        internal static bool IsKey(string key) => key.Length > 0 && !key.AsSpan().ContainsAnyExcept(s_keyCharacters);

        private static string NormalizeKey(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            return IsKey(key)
                ? key.ToLowerInvariant()
                : throw new ArgumentException("A metadata name consists of letters, digits, '_', '-' and '.'.", nameof(key));
        }
    }
}
