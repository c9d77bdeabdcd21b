using System.Text;

namespace Marten.Events;

/// <summary>Marten's naming rules, so that Marten finds the types behind the names we store.</summary>
internal static class EventNames
{
    /// <summary><c>GrantIssued</c> → <c>grant_issued</c>, <c>OAuthGrantIssued</c> → <c>o_auth_grant_issued</c>, <c>TTLChanged2</c> → <c>ttl_changed_2</c>. Outer classes are dropped.</summary>
    public static string Alias(Type type)
    {
        Refuse(type);
        var name = type.Name;
        var alias = new StringBuilder(name.Length + 8);
        for (var i = 0; i < name.Length; i++)
        {
            if (i > 0 && BeginsWord(name, i))
            {
                alias.Append('_');
            }

            alias.Append(char.ToLowerInvariant(name[i]));
        }

        return alias.ToString();
    }

    /// <summary>Table alias of a document: lower case without separators, the outer class in front.</summary>
    public static string DocumentAlias(Type type)
    {
        Refuse(type);
        var name = type.Name.ToLowerInvariant();
        return type.DeclaringType is { } outer ? $"{DocumentAlias(outer)}_{name}" : name;
    }

    /// <summary><c>Namespace.Type, Assembly</c>, as events carry it.</summary>
    public static string DotNetName(Type type) => $"{type.FullName}, {type.Assembly.GetName().Name}";

    // A word begins where lower case ends, and at the last capital of a run that is followed by lower case (OAuth, MCPServer, 8628Device).
    private static bool BeginsWord(string name, int i)
    {
        if (char.IsLower(name[i]))
        {
            return false;
        }

        return char.IsLower(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1]));
    }

    private static void Refuse(Type type)
    {
        if (type.IsGenericType)
        {
            throw new ArgumentException($"{type} is generic; events, aggregates and documents are plain types.", nameof(type));
        }
    }
}
