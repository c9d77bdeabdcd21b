namespace ManagedOAuth.AuthorizationServer.Scim.Store;

/// <summary>A provisioned user or group.</summary>
public interface IScimResource
{
    Guid Id { get; }

    /// <summary>One more with each change.</summary>
    long Version { get; }

    /// <summary>The identity provider whose it is.</summary>
    Guid ProviderId { get; }

    bool Removed { get; }
}
