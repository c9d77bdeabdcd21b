using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;

namespace ManagedOAuth.Token.Evaluation;

/// <summary>One question to another service. Its nonce has to come back, so no answer counts twice or for another user.</summary>
/// <param name="Nonce">128 random bits, base64url.</param>
/// <param name="Claims">Claims of the JWT that asks.</param>
public sealed record EvaluationQuestion(string Nonce, byte[] Claims)
{
    private static readonly TimeSpan s_life = TimeSpan.FromMinutes(1);

    /// <summary>Makes a question.</summary>
    /// <param name="rule">Who is asked.</param>
    /// <param name="identity">About whom.</param>
    /// <param name="application">For which application.</param>
    /// <param name="issuer">The team domain's origin.</param>
    /// <param name="address">Where the user's request came from.</param>
    /// <param name="now">The time.</param>
    public static EvaluationQuestion Of(Rule.ExternalEvaluation rule, Identity identity, Application application, string issuer, IPAddress address, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(rule);
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(application);
        ArgumentNullException.ThrowIfNull(address);
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        using var stream = new MemoryStream(512);
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();

            // Signed by the keys of assertions: type and audience keep it from ever being taken for one.
            json.WriteString("type", "external_evaluation");
            json.WriteString("aud", rule.EvaluateUrl);
            json.WriteString("iss", issuer);
            json.WriteNumber("iat", now.ToUnixTimeSeconds());
            json.WriteNumber("nbf", now.ToUnixTimeSeconds());
            json.WriteNumber("exp", (now + s_life).ToUnixTimeSeconds());
            json.WriteString("nonce", nonce);
            json.WriteStartObject("application");
            json.WriteString("id", application.Id);
            json.WriteString("aud", application.Aud);
            json.WriteString("name", application.Name);
            json.WriteEndObject();
            WriteIdentity(json, identity, address);
            json.WriteEndObject();
        }

        return new EvaluationQuestion(nonce, stream.ToArray());
    }

    private static void WriteIdentity(Utf8JsonWriter json, Identity identity, IPAddress address)
    {
        json.WriteStartObject("identity");
        json.WriteString("email", identity.Email);
        json.WriteString("user_uuid", identity.UserId);
        json.WriteStartObject("idp");
        json.WriteString("id", identity.IdentityProviderId);
        json.WriteString("type", identity.IdentityProviderType);
        json.WriteEndObject();
        json.WriteNumber("iat", identity.AuthenticatedAt.ToUnixTimeSeconds());
        json.WriteString("ip", address.ToString());
        WriteValues(json, IdentityClaims.Groups, identity.Claims.GetValueOrDefault(IdentityClaims.Groups) ?? []);
        json.WriteStartObject("custom");
        foreach (var (name, values) in identity.Claims.Where(claim => claim.Key != IdentityClaims.Groups))
        {
            WriteValues(json, name, values);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteValues(Utf8JsonWriter json, string name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }
}
