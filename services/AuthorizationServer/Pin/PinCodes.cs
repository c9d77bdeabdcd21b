using System.Globalization;
using System.Security.Cryptography;
using ManagedOAuth.AuthorizationServer.Transactions;

namespace ManagedOAuth.AuthorizationServer.Pin;

/// <summary>Makes PINs and compares them.</summary>
public static class PinCodes
{
    /// <summary>Digits of a PIN.</summary>
    public const int Length = 6;

    /// <summary>A random PIN.</summary>
    public static string New() => RandomNumberGenerator.GetInt32(1_000_000).ToString("D6", CultureInfo.InvariantCulture);

    /// <summary>
    /// What is kept of a PIN. A plain hash of a million possibilities hides nothing, so the browser's cookie, which is stored nowhere, is the
    /// key.
    /// </summary>
    public static string HashOf(string pin, string flowCookie, string transactionId, int number, string email)
        => FlowCookie.Mac(flowCookie, "pin", transactionId, number.ToString(CultureInfo.InvariantCulture), email, pin);

    /// <summary>What a person typed without the spaces and dashes that mail programs and people add; null unless that is a PIN.</summary>
    public static string? Read(string? typed)
    {
        var pin = string.Concat((typed ?? "").Where(c => c is not (' ' or '-')));
        return pin.Length == Length && pin.All(char.IsAsciiDigit) ? pin : null;
    }
}
