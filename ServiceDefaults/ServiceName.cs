namespace ManagedOAuth.ServiceDefaults;

/// <summary>This process's name in the topology, the same for all of its replicas.</summary>
/// <param name="Value"><c>config</c>, <c>authorization-server</c>, <c>token</c> or <c>edge</c>.</param>
public sealed record ServiceName(string Value)
{
    /// <summary>The name as a PostgreSQL schema and role: <c>authorization_server</c>.</summary>
    public string Schema => Value.Replace('-', '_');

    /// <inheritdoc />
    public override string ToString() => Value;
}
