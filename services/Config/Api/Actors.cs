using System.Text.Json.Nodes;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Api;

/// <summary>
/// In whose name something is done, as it stands in events: <c>user:{email}</c> or <c>api-token:{id}:{name}</c>. A token's name is neither unique nor
/// fixed; its id is both. Events from before ids were noted have <c>api-token:{name}</c>.
/// </summary>
public static class Actors
{
    private const string Token = "api-token:";
    private const int IdLength = 36;

    /// <summary>An API token.</summary>
    public static string Of(ApiToken token)
    {
        ArgumentNullException.ThrowIfNull(token);
        return $"{Token}{token.Id:D}:{token.Name}";
    }

    /// <summary>Puts an actor into what the admin API shows: <c>actor</c> with the name, and <c>actor_id</c> where it is known.</summary>
    public static void Show(JsonObject node, string? actor)
    {
        ArgumentNullException.ThrowIfNull(node);
        var (name, id) = Split(actor);
        node["actor"] = name;
        if (id is not null)
        {
            node["actor_id"] = id;
        }
    }

    /// <summary>The actor as it is shown, without the id, and the id of an API token; null where the event does not have it.</summary>
    public static (string? Shown, Guid? Id) Split(string? actor)
        => actor?.StartsWith(Token, StringComparison.Ordinal) == true
            && actor.Length > Token.Length + IdLength
            && actor[Token.Length + IdLength] == ':'
            && Guid.TryParseExact(actor.AsSpan(Token.Length, IdLength), "D", out var id)
                ? (Token + actor[(Token.Length + IdLength + 1)..], id)
                : (actor, null);

    /// <summary>The patterns of SQL's <c>like</c> that find the events of an actor as it is shown: with any id, and without one.</summary>
    public static IReadOnlyCollection<string> Named(string shown)
    {
        ArgumentNullException.ThrowIfNull(shown);
        return shown.StartsWith(Token, StringComparison.Ordinal)
            ? [Escape(shown), $"{Token}{new string('_', IdLength)}:{Escape(shown[Token.Length..])}"]
            : [Escape(shown)];
    }

    /// <summary>The pattern that finds the events of the API token with this id, whatever it was called.</summary>
    public static IReadOnlyCollection<string> Identified(Guid id) => [$"{Token}{id:D}:%"];

    private static string Escape(string text)
        => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal);
}
