namespace ManagedOAuth.AuthorizationServer.Scim.Queries;

/// <summary>A filter as a condition on the documents. Only known attributes, and only these expressions: nothing of a request becomes SQL.</summary>
public sealed class ScimFilterSql
{
    // Attribute -> expression, and whether it is stored in lower case (caseExact is false for it).
    private static readonly Dictionary<string, (string Expression, bool IsLower)> s_users = new(StringComparer.Ordinal)
    {
        ["id"] = ("d.id::text", true),
        ["username"] = ("(data ->> 'userNameKey')", true),
        ["externalid"] = ("(data ->> 'externalId')", false),
        ["active"] = ("(data ->> 'active')", true),
        ["emails"] = ("(data ->> 'email')", true),
        ["emails.value"] = ("(data ->> 'email')", true),
        ["displayname"] = ("lower(data -> 'state' ->> 'displayName')", true),
        ["name.givenname"] = ("lower(data -> 'state' -> 'attributes' -> 'name' ->> 'givenName')", true),
        ["name.familyname"] = ("lower(data -> 'state' -> 'attributes' -> 'name' ->> 'familyName')", true),
    };

    private static readonly Dictionary<string, (string Expression, bool IsLower)> s_groups = new(StringComparer.Ordinal)
    {
        ["id"] = ("d.id::text", true),
        ["displayname"] = ("(data ->> 'displayNameKey')", true),
        ["externalid"] = ("(data ->> 'externalId')", false),
    };

    private readonly Dictionary<string, (string Expression, bool IsLower)> _attributes;
    private readonly List<object> _values = [];

    private ScimFilterSql(Dictionary<string, (string, bool)> attributes) => _attributes = attributes;

    /// <summary>The condition with its values, each standing as <c>?</c>.</summary>
    /// <exception cref="ScimException"><c>invalidFilter</c>: an attribute that cannot be filtered by.</exception>
    public static (string Condition, IReadOnlyList<object> Values) OfUsers(ScimFilter filter) => new ScimFilterSql(s_users).Write(filter);

    /// <summary>The same for groups.</summary>
    /// <exception cref="ScimException"><c>invalidFilter</c>: an attribute that cannot be filtered by.</exception>
    public static (string Condition, IReadOnlyList<object> Values) OfGroups(ScimFilter filter) => new ScimFilterSql(s_groups).Write(filter);

    private (string, IReadOnlyList<object>) Write(ScimFilter filter) => (Condition(filter), _values);

    private string Condition(ScimFilter filter) => filter switch
    {
        ScimFilter.And both => $"({Condition(both.Left)} and {Condition(both.Right)})",
        ScimFilter.Or either => $"({Condition(either.Left)} or {Condition(either.Right)})",
        ScimFilter.Not negation => $"(not coalesce({Condition(negation.Inner)}, false))",
        ScimFilter.Comparison comparison => Condition(comparison),
        _ => throw new InvalidOperationException("There is no such filter."),
    };

    private string Condition(ScimFilter.Comparison comparison)
    {
        if (!_attributes.TryGetValue(comparison.Attribute, out var attribute))
        {
            throw ScimException.Invalid("invalidFilter", $"{comparison.Attribute} cannot be filtered by; {string.Join(", ", _attributes.Keys)} can.");
        }

        var (expression, isLower) = attribute;
        if (comparison.Operator == "pr" || comparison.Value is null)
        {
            return comparison.Operator == "eq" ? $"({expression} is null)" : $"({expression} is not null and {expression} <> '')";
        }

        var value = comparison.Value is bool flag ? (flag ? "true" : "false") : (string)comparison.Value;
        _values.Add(isLower ? value.ToLowerInvariant() : value);
        return comparison.Operator switch
        {
            "eq" => $"({expression} = ?)",
            "ne" => $"({expression} is distinct from ?)",
            "co" => $"(position(? in {expression}) > 0)",
            "sw" => $"(starts_with({expression}, ?))",
            _ => $"(right({expression}, length(?)) = ?)".Replace("length(?)", LengthOf(value), StringComparison.Ordinal),
        };
    }

    private static string LengthOf(string value) => value.ToLowerInvariant().Length.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
