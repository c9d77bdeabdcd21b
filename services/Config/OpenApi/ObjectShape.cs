namespace ManagedOAuth.Config.OpenApi;

/// <summary>
/// How requests and answers of a kind of objects differ from the record that is stored. Values are JSON Schemas (2020-12). What the server alone sets
/// (<c>id</c>, <c>version</c>, the times) is in no request anyway.
/// </summary>
public sealed record ObjectShape
{
    /// <summary>As the record is.</summary>
    public static readonly ObjectShape Plain = new();

    /// <summary>A text.</summary>
    public const string Text = """{"type":"string"}""";

    /// <summary>A time (RFC 3339).</summary>
    public const string Time = """{"type":"string","format":"date-time"}""";

    /// <summary>A uuid.</summary>
    public const string Uuid = """{"type":"string","format":"uuid"}""";

    /// <summary>True or false.</summary>
    public const string Flag = """{"type":"boolean"}""";

    /// <summary>Several texts.</summary>
    public const string Texts = """{"type":"array","items":{"type":"string"}}""";

    /// <summary>A member of the original that says the same always.</summary>
    public const string AlwaysFalse = """{"const":false}""";

    /// <summary>Whether the record's own members are in it; a kind without that says all of its members here.</summary>
    public bool HasMembersOfTheRecord { get; init; } = true;

    /// <summary>Members of the record that neither a request nor an answer has.</summary>
    public IReadOnlyList<string> Hidden { get; init; } = [];

    /// <summary>Members of the record that no request has: the server sets them.</summary>
    public IReadOnlyList<string> SetHere { get; init; } = [];

    /// <summary>Members of the record that not every answer has.</summary>
    public IReadOnlyList<string> NotAlways { get; init; } = [];

    /// <summary>What answers have instead or besides.</summary>
    public IReadOnlyDictionary<string, string> Answered { get; init; } = new Dictionary<string, string>();

    /// <summary>What requests may have instead or besides.</summary>
    public IReadOnlyDictionary<string, string> Taken { get; init; } = new Dictionary<string, string>();

    /// <summary>What the removal answers.</summary>
    public string RemovalAnswer { get; init; } = JsonShape.Removed;

    /// <summary>What POST and PUT need.</summary>
    public IReadOnlyList<string> Required { get; init; } = ["name"];
}
