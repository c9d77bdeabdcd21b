namespace ManagedOAuth.ServiceDefaults.KeysAtRest;

/// <summary>The master key, and the one that it replaces while both are named.</summary>
internal sealed record MasterKeys(MasterKey Current, MasterKey? Previous)
{
    /// <exception cref="Startup.StartupRefusedException">One of the files cannot be used.</exception>
    public static MasterKeys Read(KeysAtRestOptions options)
        => new(MasterKey.Read(options.MasterKeyFile), options.PreviousMasterKeyFile.Length == 0 ? null : MasterKey.Read(options.PreviousMasterKeyFile));

    /// <summary>The one of the two that has this id.</summary>
    public MasterKey? Find(string id) => Current.Id == id ? Current : Previous?.Id == id ? Previous : null;
}
