using System.Buffers;
using ManagedOAuth.Contracts.Tokens;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>Reads <c>Authorization</c> (RFC 6750 §2.1): the scheme in any case, one or more spaces, one token68.</summary>
internal static class BearerCredential
{
    private static readonly SearchValues<char> s_token68 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=");

    /// <summary>What an Authorization header is to us.</summary>
    /// <param name="authorization">The header; null or empty when there is none.</param>
    /// <param name="token">The bearer token, when there is a readable one.</param>
    public static BearerForm Read(string? authorization, out ReadOnlySpan<char> token)
    {
        token = default;
        var text = authorization.AsSpan().Trim(" \t");
        if (!text.StartsWith("Bearer", StringComparison.OrdinalIgnoreCase) || (text.Length > 6 && text[6] is not (' ' or '\t')))
        {
            return text.IsEmpty ? BearerForm.Absent : BearerForm.OtherScheme;
        }

        var value = text[6..].TrimStart(" \t");
        if (value.IsEmpty)
        {
            return BearerForm.Absent;
        }

        if (value.ContainsAnyExcept(s_token68))
        {
            return BearerForm.Malformed;
        }

        token = value;
        return token.StartsWith(SecretPrefixes.AccessToken, StringComparison.Ordinal) ? BearerForm.Ours : BearerForm.Foreign;
    }

    /// <summary>Whether an access token of ours stands in the query, in any spelling of its parameter (RFC 6750 §2.3).</summary>
    public static bool IsInQuery(HttpRequest request)
    {
        if (!request.QueryString.HasValue)
        {
            return false;
        }

        foreach (var value in request.Query["access_token"])
        {
            if (value?.StartsWith(SecretPrefixes.AccessToken, StringComparison.Ordinal) == true)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>The forms of an Authorization header.</summary>
internal enum BearerForm
{
    /// <summary>No header, or Bearer without a token.</summary>
    Absent,

    /// <summary>Basic, ...: a matter between client and origin.</summary>
    OtherScheme,

    /// <summary>Bearer with something that is no token.</summary>
    Malformed,

    /// <summary>A token that we did not make.</summary>
    Foreign,

    /// <summary>A token with our prefix.</summary>
    Ours,
}
