using System.Security.Cryptography;

namespace ManagedOAuth.ServiceDefaults.KeysAtRest;

/// <summary>
/// Seals what is secret before it goes into the database: signing keys, provider secrets, upstream tokens. AES-256-GCM under a
/// key of its own per purpose, derived from the service's data key, which the master key wraps.
/// </summary>
public interface ISecretBox
{
    /// <summary>Seals <paramref name="secret"/>. The same secret sealed twice gives different bytes.</summary>
    /// <param name="purpose">
    /// What it is and where it stands (<c>signing-key:{id}</c>): bytes sealed for one purpose cannot be opened for another,
    /// so a row cannot be swapped for a different one.
    /// </param>
    /// <param name="secret">What to seal.</param>
    /// <exception cref="KeysUnavailableException">The data key has not been read yet (no database so far).</exception>
    byte[] Seal(string purpose, ReadOnlySpan<byte> secret);

    /// <summary>Opens what <see cref="Seal"/> made for the same purpose.</summary>
    /// <exception cref="CryptographicException">Changed, sealed for another purpose, or by a key that this service does not have.</exception>
    /// <exception cref="KeysUnavailableException">The data key has not been read yet (no database so far).</exception>
    byte[] Open(string purpose, ReadOnlySpan<byte> sealedSecret);
}
