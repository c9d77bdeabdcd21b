using System.Globalization;
using Grpc.Core;

namespace Grpc.Wire;

/// <summary>The <c>grpc-status</c> header: the code in decimal.</summary>
internal static class StatusHeader
{
    public const string Name = "grpc-status";

    private static readonly string[] s_texts =
        [.. Enum.GetValues<StatusCode>().Select(code => ((int)code).ToString(CultureInfo.InvariantCulture))];

    public static string Encode(StatusCode code) =>
        (uint)code < (uint)s_texts.Length ? s_texts[(int)code] : ((int)code).ToString(CultureInfo.InvariantCulture);

    /// <summary>A number that no code has is UNKNOWN; text is not a status.</summary>
    public static bool TryDecode(string? text, out StatusCode code)
    {
        var valid = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        code = valid && number < s_texts.Length ? (StatusCode)number : StatusCode.Unknown;
        return valid;
    }
}
