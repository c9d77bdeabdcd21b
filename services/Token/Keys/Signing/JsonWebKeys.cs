using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json;

namespace ManagedOAuth.Token.Keys.Signing;

/// <summary>The published key set (RFC 7517 §5) with the members that origins of the original expect beside it. Public halves only.</summary>
public static class JsonWebKeys
{
    public static byte[] Write(SigningKeyRing ring)
    {
        ArgumentNullException.ThrowIfNull(ring);

        // The key that signs first: some origins take the first key and never look at its id.
        var keys = ring.Keys.OrderByDescending(key => key == ring.Current).ThenByDescending(key => key.PublishedAt).ToList();
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartArray("keys");
            foreach (var key in keys)
            {
                WriteKey(json, key);
            }

            json.WriteEndArray();
            json.WritePropertyName("public_cert");
            WriteCertificate(json, keys[0]);
            json.WriteStartArray("public_certs");
            keys.ForEach(key => WriteCertificate(json, key));
            json.WriteEndArray();
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteKey(Utf8JsonWriter json, RingKey key)
    {
        json.WriteStartObject();
        json.WriteString("kid", key.KeyId);
        json.WriteString("alg", key.Algorithm);
        json.WriteString("use", "sig");
        if (key.Algorithm == NewSigningKey.Es256)
        {
            using var ec = ECDsa.Create();
            ec.ImportSubjectPublicKeyInfo(Convert.FromBase64String(key.PublicKey), out _);
            var point = ec.ExportParameters(includePrivateParameters: false).Q;
            json.WriteString("kty", "EC");
            json.WriteString("crv", "P-256");
            json.WriteString("x", Base64Url.EncodeToString(point.X));
            json.WriteString("y", Base64Url.EncodeToString(point.Y));
        }
        else
        {
            using var rsa = RSA.Create();
            rsa.ImportSubjectPublicKeyInfo(Convert.FromBase64String(key.PublicKey), out _);
            var parameters = rsa.ExportParameters(includePrivateParameters: false);
            json.WriteString("kty", "RSA");
            json.WriteString("e", Base64Url.EncodeToString(parameters.Exponent));
            json.WriteString("n", Base64Url.EncodeToString(parameters.Modulus));
        }

        json.WriteEndObject();
    }

    private static void WriteCertificate(Utf8JsonWriter json, RingKey key)
    {
        json.WriteStartObject();
        json.WriteString("kid", key.KeyId);
        json.WriteString("cert", key.Certificate);
        json.WriteEndObject();
    }
}
