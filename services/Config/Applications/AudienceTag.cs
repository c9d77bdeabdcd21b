using System.Security.Cryptography;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;

namespace ManagedOAuth.Config.Applications;

/// <summary>The audience tag of a new application: 64 hexadecimal digits that name it in every assertion and token.</summary>
internal static class AudienceTag
{
    private const string Member = "aud";
    private const int Digits = 64;

    /// <summary>A new one.</summary>
    public static string New() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Digits / 2));

    /// <summary>A new one; an application that comes from a file keeps the one it has, because its origin knows it.</summary>
    public static string Read(BodyReader body, ConfigurationDraft draft)
    {
        if (!draft.IsTransfer || body.OptionalText(Member, 100) is not { } tag)
        {
            return New();
        }

        if (tag.Length != Digits || !tag.All(char.IsAsciiHexDigitLower))
        {
            body.Refuse(Member, $"{Member} has {Digits} hexadecimal digits; leave it out for a new one");
        }
        else if (draft.Snapshot.Applications.Values.Any(other => other.Aud == tag))
        {
            // A token for the one would open the other.
            body.Refuse(Member, "another application has this audience tag; leave it out for a new one");
        }

        return tag;
    }
}
