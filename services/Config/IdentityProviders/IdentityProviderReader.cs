using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.IdentityProviders;

/// <summary>Reads and validates an identity provider. A type that cannot log anybody in is refused, not stored.</summary>
public static class IdentityProviderReader
{
    private static readonly JsonElement s_empty = JsonDocument.Parse("{}").RootElement.Clone();

    public static IdentityProvider Read(BodyReader reader, Guid id, ConfigurationSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(snapshot);
        var type = reader.RequiredText("type", 40);
        if (type is not ("onetimepin" or ""))
        {
            reader.Refuse("type", "identity providers of type onetimepin are served");
        }

        if (snapshot.IdentityProviders.Values.Any(other => other.Id != id && other.Type == type && type == "onetimepin"))
        {
            reader.Refuse("type", "there is a one-time PIN identity provider already");
        }

        return new IdentityProvider { Id = id, Name = reader.RequiredText("name", 200), Type = type, Config = s_empty };
    }
}
