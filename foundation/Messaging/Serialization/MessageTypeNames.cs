using System.Collections.Concurrent;
using System.Reflection;
using System.Text;
using Wolverine.Attributes;

namespace Wolverine.Serialization;

/// <summary>The stable name of each message type. A name from the outside selects among known types and never loads one.</summary>
internal sealed class MessageTypeNames(IReadOnlyDictionary<Type, string> aliases)
{
    /// <summary>Longest name that is stored.</summary>
    public const int MaximumLength = 200;

    private readonly ConcurrentDictionary<Type, string> _names = new(aliases);

    /// <summary>The name of a message type.</summary>
    public string NameOf(Type type) => _names.GetOrAdd(type, static t =>
    {
        var name = t.GetCustomAttribute<MessageIdentityAttribute>()?.Alias ?? SnakeCase(t.Name);
        if (t.IsGenericType || name.Length is 0 or > MaximumLength)
        {
            throw new InvalidOperationException($"{t} cannot be a message: it needs a plain type with a name of 1 to {MaximumLength} characters.");
        }

        return name;
    });

    /// <summary><c>PolicyChanged</c> is <c>policy_changed</c>, <c>HTTPRequestSeen</c> is <c>http_request_seen</c>.</summary>
    public static string SnakeCase(string name)
    {
        var text = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            var startsWord = i > 0 && char.IsUpper(name[i])
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            if (startsWord && name[i - 1] != '_')
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(name[i]));
        }

        return text.ToString();
    }
}
