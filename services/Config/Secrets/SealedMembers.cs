using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Config.Api;
using ManagedOAuth.ServiceDefaults.KeysAtRest;

namespace ManagedOAuth.Config.Secrets;

/// <summary>Secret members of configuration objects: sealed from the moment they are read, opened only for those that have to show them to somebody.</summary>
public sealed partial class SealedMembers(ISecretBox box, ILogger<SealedMembers> logger)
{
    /// <summary>
    /// The member as it is to be kept: sealed when it was given; else what <paramref name="existing"/> has, because no caller can read it and
    /// send it back. But where the place that it would be sent to changes, it has to be given again: who may edit an object must not be able to
    /// have its secret sent elsewhere.
    /// </summary>
    /// <param name="body">Takes the refusal.</param>
    /// <param name="member">The member that a caller gives it in.</param>
    /// <param name="given">What the body has; null or empty = nothing.</param>
    /// <param name="purpose">What it is sealed for: another purpose does not open it.</param>
    /// <param name="existing">What is kept now.</param>
    /// <param name="sameReceiver">Whether it still goes where it went.</param>
    public string? Keep(BodyReader body, string member, string? given, string purpose, string? existing, bool sameReceiver)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (!string.IsNullOrEmpty(given))
        {
            // The same secret again is no change.
            if (existing is not null && Open(purpose, existing) is { } known && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(known), Encoding.UTF8.GetBytes(given)))
            {
                return existing;
            }

            return Convert.ToBase64String(box.Seal(purpose, Encoding.UTF8.GetBytes(given)));
        }

        if (existing is not null && !sameReceiver)
        {
            body.Refuse(member, $"{member} has to be given again, because the place that it is sent to changes");
            return null;
        }

        return existing;
    }

    /// <summary>The secret; null when it does not open (damaged, or sealed under other keys): one broken object costs itself and not the others.</summary>
    public string? Open(string purpose, string sealedSecret)
    {
        ArgumentNullException.ThrowIfNull(sealedSecret);
        try
        {
            return Encoding.UTF8.GetString(box.Open(purpose, Convert.FromBase64String(sealedSecret)));
        }
        catch (Exception damaged) when (damaged is CryptographicException or FormatException)
        {
            LogDamaged(logger, purpose, damaged.Message);
            return null;
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The secret {Purpose} does not open and has to be set again: {Message}", EventName = "SecretDamaged")]
    private static partial void LogDamaged(ILogger logger, string purpose, string message);
}
