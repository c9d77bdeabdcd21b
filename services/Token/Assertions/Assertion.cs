using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Token.Assertions;

/// <summary>
/// The claims of the signed assertion that an origin receives. The same user gets the same claims through a browser session and through an
/// OAuth client: an origin cannot tell the difference.
/// </summary>
public static class Assertion
{
    // The original trims custom claims too: the assertion travels in a header and in every access token.
    private const int LargestCustomClaims = 1024;

    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Claims of a user.</summary>
    /// <param name="identity">Who it is.</param>
    /// <param name="grantId">The grant or session; <c>identity_nonce</c> tells it, so that a cookie can be matched with its grant.</param>
    /// <param name="audience">The application's audience tag.</param>
    /// <param name="issuer">The team domain's origin.</param>
    /// <param name="issuedAt">Now.</param>
    /// <param name="expiresAt">End of the access token or of the session.</param>
    /// <param name="linkedApplication">The application that speaks for the user; null = the user comes by themselves.</param>
    public static byte[] OfUser(
        Identity identity, Guid grantId, string audience, string issuer, DateTimeOffset issuedAt, DateTimeOffset expiresAt, Guid? linkedApplication = null)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return Write(json =>
        {
            json.WriteStartArray("aud");
            json.WriteStringValue(audience);
            json.WriteEndArray();
            json.WriteString("email", identity.Email);
            WriteTimes(json, issuedAt, expiresAt);
            json.WriteString("iss", issuer);
            json.WriteString("type", "app");
            json.WriteString("identity_nonce", Base64Url.EncodeToString(grantId.ToByteArray(bigEndian: true)));
            json.WriteString("sub", identity.UserId);
            json.WriteString("idp", identity.IdentityProviderId);
            if (linkedApplication is { } linked)
            {
                json.WriteString("linked_app_uid", linked);
            }

            WriteCustomClaims(json, identity);
            WriteEvaluations(json, identity);
        });
    }

    /// <summary>Claims of a service token: no user, <c>aud</c> as one text, <c>common_name</c> = the token's client id.</summary>
    public static byte[] OfServiceToken(string clientId, string audience, string issuer, DateTimeOffset issuedAt, DateTimeOffset expiresAt)
        => Write(json =>
        {
            json.WriteString("aud", audience);
            WriteTimes(json, issuedAt, expiresAt);
            json.WriteString("iss", issuer);
            json.WriteString("type", "app");
            json.WriteString("common_name", clientId);
            json.WriteString("sub", "");
        });

    private static void WriteTimes(Utf8JsonWriter json, DateTimeOffset issuedAt, DateTimeOffset expiresAt)
    {
        json.WriteNumber("exp", expiresAt.ToUnixTimeSeconds());
        json.WriteNumber("iat", issuedAt.ToUnixTimeSeconds());
        json.WriteNumber("nbf", issuedAt.ToUnixTimeSeconds());
    }

    private static void WriteCustomClaims(Utf8JsonWriter json, Identity identity)
    {
        if (identity.Claims.Count == 0)
        {
            return;
        }

        var complete = true;
        json.WriteStartObject("custom");
        var left = LargestCustomClaims;
        foreach (var (name, values) in identity.Claims.OrderBy(claim => claim.Key, StringComparer.Ordinal))
        {
            // A claim that does not fit is left out whole: half a list would be another statement.
            var size = Encoding.UTF8.GetByteCount(name) + values.Sum(value => Encoding.UTF8.GetByteCount(value) + 3);
            if (size > left)
            {
                complete = false;
                continue;
            }

            left -= size;
            if (values.Count == 1)
            {
                json.WriteString(name, values[0]);
                continue;
            }

            json.WriteStartArray(name);
            foreach (var value in values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        if (!complete)
        {
            // Whoever decides on these claims must not take a missing one for one that the user does not have.
            json.WriteBoolean("custom_complete", false);
        }
    }

    // Edges decide on them: at every request where a rule looks at the request itself.
    private static void WriteEvaluations(Utf8JsonWriter json, Identity identity)
    {
        if (identity.Evaluations is not { Count: > 0 } evaluations)
        {
            return;
        }

        json.WriteStartObject("evaluations");
        foreach (var (key, success) in evaluations.OrderBy(evaluation => evaluation.Key, StringComparer.Ordinal))
        {
            json.WriteBoolean(key, success);
        }

        json.WriteEndObject();
    }

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var stream = new MemoryStream(512);
        using (var json = new Utf8JsonWriter(stream, s_options))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return stream.ToArray();
    }
}
