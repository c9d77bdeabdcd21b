namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>Where this service finds its own key and those of its peers; section <c>ServiceIdentity</c>.</summary>
public sealed class ServiceIdentityOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "ServiceIdentity";

    /// <summary>The service's name. Absent = the name in its code; a different one refuses the start.</summary>
    public string? Name { get; set; }

    /// <summary>Path of this service's ES256 (P-256) private key, PEM, readable by its owner only.</summary>
    public string KeyFile { get; set; } = "";

    /// <summary>
    /// Directory of the peers' public keys, <c>{name}.pub.pem</c>. A file may hold several keys while one is being
    /// replaced. Files are read again when they change; whoever has no file here is nobody.
    /// </summary>
    public string TrustedKeys { get; set; } = "";
}
