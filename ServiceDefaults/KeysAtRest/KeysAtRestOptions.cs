namespace ManagedOAuth.ServiceDefaults.KeysAtRest;

/// <summary>Where the master key is; section <c>KeysAtRest</c>.</summary>
public sealed class KeysAtRestOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "KeysAtRest";

    /// <summary>
    /// Path of the master key file: 32 random bytes in base64, readable by its owner only. Make one with
    /// <c>openssl rand -base64 32</c>. Keep a copy apart from the database's backups: without it what is sealed is lost.
    /// </summary>
    public string MasterKeyFile { get; set; } = "";

    /// <summary>
    /// The master key file of before, while one replaces the other; empty otherwise. Data keys that it wrapped are wrapped anew under
    /// <see cref="MasterKeyFile"/> at the start; afterwards it is needed no more.
    /// </summary>
    public string PreviousMasterKeyFile { get; set; } = "";
}
