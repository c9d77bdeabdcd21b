using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace ManagedOAuth.Token.Keys.Signing;

/// <summary>Signs with one key. Key objects are not safe for two threads, so each call borrows one of its own.</summary>
public sealed class AssertionSigner
{
    private readonly ConcurrentBag<AsymmetricAlgorithm> _idle = [];
    private readonly byte[] _privateKey;
    private readonly string _algorithm;
    private readonly string _header;

    /// <param name="key">The public half.</param>
    /// <param name="privateKey">PKCS #8.</param>
    /// <exception cref="CryptographicException">The private key is not the one behind the public half.</exception>
    public AssertionSigner(RingKey key, byte[] privateKey)
    {
        ArgumentNullException.ThrowIfNull(key);
        (KeyId, _algorithm, _privateKey) = (key.KeyId, key.Algorithm, privateKey);
        _header = Base64Url.EncodeToString(Encoding.ASCII.GetBytes($$"""{"alg":"{{_algorithm}}","kid":"{{KeyId}}","typ":"JWT"}"""));
        var first = Open();
        var publicKey = first is RSA rsa ? rsa.ExportSubjectPublicKeyInfo() : ((ECDsa)first).ExportSubjectPublicKeyInfo();
        if (Convert.ToBase64String(publicKey) != key.PublicKey)
        {
            throw new CryptographicException($"The private half of signing key {KeyId} is not its own.");
        }

        _idle.Add(first);
    }

    public string KeyId { get; }

    /// <summary>Signs the claims as a JWT in compact form (RFC 7515 §7.1).</summary>
    public string Sign(ReadOnlySpan<byte> claims)
    {
        var content = $"{_header}.{Base64Url.EncodeToString(claims)}";
        var bytes = Encoding.ASCII.GetBytes(content);
        var key = _idle.TryTake(out var idle) ? idle : Open();
        var signature = key is RSA rsa
            ? rsa.SignData(bytes, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : ((ECDsa)key).SignData(bytes, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        _idle.Add(key);
        return $"{content}.{Base64Url.EncodeToString(signature)}";
    }

    private AsymmetricAlgorithm Open()
    {
        AsymmetricAlgorithm key = _algorithm == NewSigningKey.Es256 ? ECDsa.Create() : RSA.Create();
        key.ImportPkcs8PrivateKey(_privateKey, out _);
        return key;
    }
}
