using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.AuthorizationServer.Scim.Patching;
using ManagedOAuth.AuthorizationServer.Scim.Store;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.AuthorizationServer.Scim.Resources;

/// <summary>Reads what this service looks at out of a user resource (RFC 7643 §4.1), and keeps the rest as it is.</summary>
public static class ScimUserReader
{
    private const int MaximumText = 512;

    // Ours, or nothing that may be kept.
    private static readonly string[] s_dropped = ["id", "meta", "groups", "password"];

    /// <summary>The state that a resource describes.</summary>
    /// <exception cref="ScimException"><c>invalidValue</c>, or too large.</exception>
    public static ScimUserState Read(Guid providerId, JsonObject resource)
    {
        ArgumentNullException.ThrowIfNull(resource);
        foreach (var name in resource.Select(member => member.Key).Where(key => s_dropped.Contains(key, StringComparer.OrdinalIgnoreCase)).ToList())
        {
            resource.Remove(name);
        }

        var userName = Text(resource, "userName");
        if (string.IsNullOrWhiteSpace(userName))
        {
            throw ScimException.Invalid("invalidValue", "userName is required.");
        }

        var active = Active(resource);
        ScimPatcher.Set(resource, "active", active);
        var json = resource.ToJsonString();
        if (json.Length > ScimSchemas.MaximumResource)
        {
            throw ScimException.TooLarge($"A user has at most {ScimSchemas.MaximumResource} characters.");
        }

        return new ScimUserState
        {
            ProviderId = providerId,
            UserName = userName,
            ExternalId = Text(resource, "externalId"),
            Email = Email(resource, userName),
            DisplayName = DisplayName(resource),
            Active = active,
            Attributes = JsonDocument.Parse(json).RootElement.Clone(),
        };
    }

    /// <summary>A text member; null when it is absent or empty.</summary>
    /// <exception cref="ScimException"><c>invalidValue</c>: it is something else, or too long.</exception>
    public static string? Text(JsonObject resource, string name) => ScimPatcher.Get(resource, name) switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) && text.Length <= MaximumText && !text.Any(char.IsControl) => text.Length == 0 ? null : text,
        _ => throw ScimException.Invalid("invalidValue", $"{name} is a text of at most {MaximumText} characters."),
    };

    // Some providers write truth values as texts ("False").
    private static bool Active(JsonObject resource) => ScimPatcher.Get(resource, "active") switch
    {
        null => true,
        JsonValue value when value.TryGetValue<bool>(out var flag) => flag,
        JsonValue value when value.TryGetValue<string>(out var text) && bool.TryParse(text, out var flag) => flag,
        _ => throw ScimException.Invalid("invalidValue", "active is true or false."),
    };

    private static string? Email(JsonObject resource, string userName)
    {
        var emails = (ScimPatcher.Get(resource, "emails") as JsonArray)?.OfType<JsonObject>().ToList() ?? [];
        var chosen = emails.Find(email => ScimPatcher.Get(email, "primary")?.ToString() is "true" or "True")
            ?? emails.Find(email => string.Equals(ScimPatcher.Get(email, "type")?.ToString(), "work", StringComparison.OrdinalIgnoreCase))
            ?? emails.FirstOrDefault();
        return chosen is not null && EmailAddress.TryNormalize(ScimPatcher.Get(chosen, "value")?.ToString(), out var address) ? address
            : EmailAddress.TryNormalize(userName, out var byName) ? byName
            : null;
    }

    private static string DisplayName(JsonObject resource)
    {
        var name = ScimPatcher.Get(resource, "name") as JsonObject;
        return Text(resource, "displayName")
            ?? (name is null ? null : Text(name, "formatted") ?? $"{Text(name, "givenName")} {Text(name, "familyName")}".Trim())
            ?? "";
    }
}
