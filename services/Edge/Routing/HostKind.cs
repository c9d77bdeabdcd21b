namespace ManagedOAuth.Edge.Routing;

/// <summary>What a public authority is.</summary>
internal enum HostKind
{
    /// <summary>Applications of the configuration.</summary>
    Applications,

    /// <summary>The team domain: where people log in.</summary>
    Team,

    /// <summary>Dashboard and admin API.</summary>
    Dashboard,
}
