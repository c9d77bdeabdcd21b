namespace Aspire.Hosting.ApplicationModel;

/// <summary>A program run as a child process.</summary>
public class ExecutableResource(string name, string command, string workingDirectory) : Resource(name), IResourceWithEnvironment, IResourceWithEndpoints
{
    /// <summary>Path of the program, or its name in PATH.</summary>
    public string Command { get; } = command;

    /// <summary>Full path of the folder it runs in.</summary>
    public string WorkingDirectory { get; } = workingDirectory;

    /// <summary>Its arguments.</summary>
    public IList<string> Arguments { get; } = [];
}

/// <summary>A .NET project, run as the assembly that the build made of it.</summary>
public sealed class ProjectResource(string name, string command, string workingDirectory) : ExecutableResource(name, command, workingDirectory);

/// <summary>A PostgreSQL server.</summary>
public sealed class PostgresServerResource(string name) : Resource(name), IResourceWithConnectionString
{
    internal Func<string>? ConnectionString { get; set; }

    /// <summary>The folder of its data when it runs here; set by the builder.</summary>
    public string? DataDirectory { get; set; }

    /// <summary>The superuser's connection string.</summary>
    public string GetConnectionString() => ConnectionString?.Invoke() ?? throw new InvalidOperationException($"The server '{Name}' has not been placed yet.");
}

/// <summary>A database on a PostgreSQL server.</summary>
public sealed class PostgresDatabaseResource(string name, PostgresServerResource parent) : Resource(name), IResourceWithConnectionString
{
    /// <summary>The server it is on.</summary>
    public PostgresServerResource Parent { get; } = parent;

    /// <summary>The superuser's connection string, for this database.</summary>
    public string GetConnectionString() => new Npgsql.NpgsqlConnectionStringBuilder(Parent.GetConnectionString()) { Database = Name }.ConnectionString;
}

/// <summary>A Redis server.</summary>
public sealed class RedisResource(string name) : Resource(name), IResourceWithConnectionString
{
    internal Func<string>? ConnectionString { get; set; }

    /// <summary>The folder of its configuration when it runs here; set by the builder.</summary>
    public string? DataDirectory { get; set; }

    /// <summary><c>host:port,password=...</c></summary>
    public string GetConnectionString() => ConnectionString?.Invoke() ?? throw new InvalidOperationException($"The server '{Name}' has not been placed yet.");
}
