namespace ManagedOAuth.Token.Keys.Sealing;

/// <summary>A key that seals one application's access tokens for one period.</summary>
/// <param name="ApplicationId">The application; a key opens nothing of another.</param>
/// <param name="Period">Number of the period since 1970.</param>
/// <param name="KeyId">8 random bytes that stand in every token.</param>
/// <param name="Key">32 bytes, AES-256-GCM.</param>
/// <param name="NotAfter">Every token sealed with it is over by then.</param>
public sealed record SealingKey(Guid ApplicationId, long Period, byte[] KeyId, byte[] Key, DateTimeOffset NotAfter)
{
    /// <summary>Never the key.</summary>
    public override string ToString() => $"sealing key of {ApplicationId} for period {Period}";
}

/// <summary>A sealing key at rest. Its id is made of application and period, so that replicas that make it at the same time make one.</summary>
public sealed class SealingKeyDocument
{
    public string Id { get; set; } = "";

    public Guid ApplicationId { get; set; }

    public long Period { get; set; }

    public byte[] KeyId { get; set; } = [];

    public byte[] Sealed { get; set; } = [];

    /// <summary>Milliseconds since 1970.</summary>
    public long NotAfter { get; set; }

    internal static string IdOf(Guid applicationId, long period) => $"{applicationId:N}:{period}";

    internal static string Purpose(string id) => $"sealing-key:{id}";
}
