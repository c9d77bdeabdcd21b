using System.Globalization;
using Aspire.Hosting.Local;
using Aspire.Hosting.Processes;
using Npgsql;

namespace Aspire.Hosting.Provisioning;

/// <summary>What is particular to one kind of server in a container. Secrets go in by file or standard input, never as an argument.</summary>
internal abstract class ContainerImage
{
    public static readonly ContainerImage Postgres = new PostgresImage();
    public static readonly ContainerImage Redis = new RedisImage();

    public abstract string Kind { get; }

    /// <summary>The port inside.</summary>
    public abstract int Port { get; }

    /// <summary>The signal for an orderly end.</summary>
    public abstract int StopSignal { get; }

    /// <summary>Engine arguments after the common ones: mounts, image, command.</summary>
    public abstract IEnumerable<string> Arguments(string dataDirectory, int maxConnections);

    public abstract string ConnectionString(int port, string password);

    public abstract Task<bool> AnswersAsync(int port, string password, CancellationToken ct);

    public virtual string EnvironmentFile(string password) => "";

    public virtual string Input(string password) => "";

    private sealed class PostgresImage : ContainerImage
    {
        public override string Kind => "postgres";

        public override int Port => 5432;

        public override int StopSignal => Native.SIGINT;

        public override IEnumerable<string> Arguments(string dataDirectory, int maxConnections) =>
            ["-v", dataDirectory + ":/var/lib/postgresql/data", "postgres:17", "-c", "max_connections=" + maxConnections.ToString(CultureInfo.InvariantCulture), "-c", "timezone=UTC"];

        public override string ConnectionString(int port, string password) => $"Host=127.0.0.1;Port={port};Username=moauth;Password={password};Database=postgres";

        public override string EnvironmentFile(string password) =>
            $"POSTGRES_USER=moauth\nPOSTGRES_PASSWORD={password}\nPOSTGRES_DB=postgres\nPOSTGRES_HOST_AUTH_METHOD=scram-sha-256\nPOSTGRES_INITDB_ARGS=--auth-host=scram-sha-256 --locale=C.UTF-8 --data-checksums\n";

        public override async Task<bool> AnswersAsync(int port, string password, CancellationToken ct)
        {
            try
            {
                await using var connection = new NpgsqlConnection(ConnectionString(port, password) + ";Pooling=false;Timeout=3");
                await connection.OpenAsync(ct).ConfigureAwait(false);
                return true;
            }
            catch (NpgsqlException)
            {
                return false;
            }
        }
    }

    private sealed class RedisImage : ContainerImage
    {
        public override string Kind => "redis";

        public override int Port => 6379;

        public override int StopSignal => Native.SIGTERM;

        // "-": the configuration, password included, comes by standard input.
        public override IEnumerable<string> Arguments(string dataDirectory, int maxConnections) => ["redis:7", "redis-server", "-"];

        public override string Input(string password) => RedisConfiguration.Text("0.0.0.0", Port, password, maxClients: 232, directory: null);

        public override string ConnectionString(int port, string password) => $"127.0.0.1:{port},password={password}";

        public override Task<bool> AnswersAsync(int port, string password, CancellationToken ct) => RedisPing.AnswersAsync("127.0.0.1", port, password, ct);
    }
}
