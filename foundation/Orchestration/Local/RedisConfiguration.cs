namespace Aspire.Hosting.Local;

/// <summary>redis.conf of a server whose content may be lost but never silently dropped.</summary>
internal static class RedisConfiguration
{
    public static string Text(string address, int port, string password, int maxClients, string? directory) => $"""
        bind {address}
        port {port}
        requirepass {password}
        {(directory is null ? "" : $"dir \"{directory}\"")}
        daemonize no
        save ""
        appendonly no
        maxmemory 256mb
        maxmemory-policy noeviction
        maxclients {maxClients}

        """;
}
