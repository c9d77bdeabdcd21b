using System.Linq.Expressions;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Marten.Schema;

/// <summary>A member of a document, possibly nested, as it is found in the stored JSON.</summary>
internal sealed record MemberPath(IReadOnlyList<PropertyInfo> Members)
{
    public Type Type => Members[^1].PropertyType;

    public static MemberPath Of(LambdaExpression lambda)
    {
        var members = new List<PropertyInfo>();
        var body = lambda.Body is UnaryExpression { NodeType: ExpressionType.Convert } convert ? convert.Operand : lambda.Body;
        while (body is MemberExpression { Member: PropertyInfo property } member)
        {
            members.Insert(0, property);
            body = member.Expression!;
        }

        return members.Count > 0 && body is ParameterExpression
            ? new MemberPath(members)
            : throw new ArgumentException($"{lambda} does not name a property.", nameof(lambda));
    }

    /// <summary>The SQL expression of the member's value: text, or a number or boolean by its type.</summary>
    public string Sql(JsonNamingPolicy naming)
    {
        var names = Members.Select(m => JsonName(m, naming).Replace("'", "''", StringComparison.Ordinal)).ToArray();
        var path = string.Concat(names[..^1].Select(n => $" -> '{n}'")) + $" ->> '{names[^1]}'";
        var text = $"(data{path})";
        var type = Nullable.GetUnderlyingType(Type) ?? Type;
        return type == typeof(long) || type == typeof(int) ? $"({text}::bigint)"
            : type == typeof(bool) ? $"({text}::boolean)"
            : text;
    }

    /// <summary>Part of an index name: <c>email</c>, <c>address_city</c>.</summary>
    public string IndexPart() => string.Join('_', Members.Select(m => m.Name.ToLowerInvariant()));

    private static string JsonName(PropertyInfo member, JsonNamingPolicy naming) =>
        member.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name ?? naming.ConvertName(member.Name);
}

/// <summary>An index over members of a document.</summary>
internal sealed record DocumentIndex(IReadOnlyList<MemberPath> Members, bool IsUnique)
{
    public string Name(string table) => $"{table}_{(IsUnique ? "uidx" : "idx")}_{string.Join('_', Members.Select(m => m.IndexPart()))}";
}
