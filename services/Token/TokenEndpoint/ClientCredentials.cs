using System.Text;

namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>How a client named itself and what it proved itself with.</summary>
/// <param name="ClientId">The client id.</param>
/// <param name="Secret">The secret; null when none came (an empty one is none).</param>
/// <param name="Method"><c>none</c>, <c>client_secret_post</c> or <c>client_secret_basic</c>.</param>
public sealed record ClientCredentials(string ClientId, string? Secret, string Method)
{
    public const string None = "none";
    public const string Post = "client_secret_post";
    public const string Basic = "client_secret_basic";

    /// <summary>Whether the Authorization header was used: then a refusal carries a challenge.</summary>
    public bool ByHeader => Method == Basic;

    /// <summary>Never the secret.</summary>
    public override string ToString() => $"client by {Method}";

    /// <summary>Reads the value of an Authorization header of scheme Basic; null when it is none (RFC 6749 §2.3.1, RFC 7617 §2).</summary>
    public static ClientCredentials? FromBasic(string header)
    {
        ArgumentNullException.ThrowIfNull(header);
        const string Scheme = "Basic ";
        if (header.Length > 4096 || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var bytes = new byte[header.Length];
        if (!Convert.TryFromBase64String(header[Scheme.Length..].Trim(), bytes, out var length))
        {
            return null;
        }

        var pair = bytes.AsSpan(0, length);
        var colon = pair.IndexOf((byte)':');
        if (colon <= 0 || !FormBody.TryDecode(pair[..colon], out var id) || !FormBody.TryDecode(pair[(colon + 1)..], out var secret))
        {
            return null;
        }

        return new ClientCredentials(id, secret.Length == 0 ? null : secret, Basic);
    }

    // A record prints its members; this keeps the secret out of that too.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append("Method = ").Append(Method);
        return true;
    }
}
