namespace ManagedOAuth.Contracts.Configuration;

/// <summary>A word that applications are sorted by. Its name is its address in the admin API and is never changed into that of another.</summary>
public sealed record Tag : ConfigurationRecord;
