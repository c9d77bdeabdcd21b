namespace ManagedOAuth.AuthorizationServer.Clients;

/// <summary>How long registrations stay.</summary>
public static class ClientLifetimes
{
    /// <summary>A registration that nobody agreed to.</summary>
    public static readonly TimeSpan Unbound = TimeSpan.FromHours(24);

    /// <summary>
    /// After the last grant of a client ended. People come back after a holiday with the client that they registered then, and few clients
    /// register again by themselves when theirs is gone.
    /// </summary>
    public static readonly TimeSpan AfterLastGrant = TimeSpan.FromDays(30);
}
