using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using StackExchange.Redis;

namespace ManagedOAuth.ServiceDefaults.Tests.HotStore;

/// <summary>Encrypted connections to Redis and PostgreSQL: only to a server that the operator's authority vouches for, by the name that it is called by.</summary>
public sealed class StoreTlsTests : IDisposable
{
    private readonly string _folder = TemporaryFolder.Create("tls");
    private readonly X509Certificate2 _authority = Authority();
    private readonly X509Certificate2 _stranger = Authority();

    public StoreTlsTests()
    {
        Write("ca.pem", _authority.ExportCertificatePem());
        Write("stranger.pem", _stranger.ExportCertificatePem());
        Issue("server", "localhost");
        Issue("other", "elsewhere.test");

        // The servers run as users of their own.
        File.SetUnixFileMode(_folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public async Task Redis_IsSpokenWithOverTls_WhenItsAuthorityVouchesForIt()
    {
        await using var server = await RedisServer.StartPrivateAsync();
        var password = server.ConnectionString.Split("password=")[1];
        var port = await ListenAsync(server.ConnectionString, "server");
        await Eventually.Async(() => WorksAsync($"localhost:{port},password={password},ssl=true", "ca.pem"));

        // Its own setting turns TLS on: nothing is ever sent in clear by a forgotten word.
        await Eventually.Async(() => WorksAsync($"localhost:{port},password={password}", "ca.pem"));
        Assert.False(await WorksAsync($"localhost:{port},password={password}", "stranger.pem"));
        Assert.False(await WorksAsync($"localhost:{port},password={password},ssl=true", null));
        Assert.False(await WorksAsync($"localhost:{port},password={password}", "missing.pem"));
        Assert.False(await WorksAsync(server.ConnectionString, "ca.pem"));
        port = await ListenAsync(server.ConnectionString, "other");
        Assert.False(await WorksAsync($"localhost:{port},password={password}", "ca.pem"));
        await Eventually.Async(() => WorksAsync($"localhost:{port},password={password},sslHost=elsewhere.test", "ca.pem"));
    }

    [Fact]
    public async Task PostgreSql_IsSpokenWithOverTls_WhenItsAuthorityVouchesForIt()
    {
        await using var server = await PostgresServer.StartPrivateAsync();
        await using (var plain = NpgsqlDataSource.Create(server.ConnectionString))
        {
            foreach (var (file, name) in new[] { ("server.pem", "server.crt"), ("server.key", "server.key") })
            {
                // As the user that it runs as, in its own folder: it takes no key that others can read. What the server writes is read, or it finds a broken pipe.
                await using var write = plain.CreateCommand($"copy (select 1) to program 'umask 077 && cat > /dev/null && cat {Path.Combine(_folder, file)} > {name}'");
                await write.ExecuteNonQueryAsync();
            }

            await using var turnOn = plain.CreateCommand("alter system set ssl = on");
            await turnOn.ExecuteNonQueryAsync();
            await using var reload = plain.CreateCommand("select pg_reload_conf()");
            await reload.ExecuteNonQueryAsync();
        }

        var address = server.ConnectionString.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) + ";Pooling=false;SSL Mode=VerifyFull;Root Certificate=";
        await Eventually.Async(async () => await IsEncryptedAsync(address + Path.Combine(_folder, "ca.pem")));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => IsEncryptedAsync(address + Path.Combine(_folder, "stranger.pem")));
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => IsEncryptedAsync(address.Replace("localhost", "127.0.0.1", StringComparison.Ordinal) + Path.Combine(_folder, "ca.pem")));
    }

    private static async Task<bool> IsEncryptedAsync(string connectionString)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select ssl from pg_stat_ssl where pid = pg_backend_pid()", connection);
        return (bool)(await command.ExecuteScalarAsync())!;
    }

    // Turns TLS on at a running server, at a port of its own.
    private async Task<int> ListenAsync(string connectionString, string name)
    {
        var port = FreePort.Next();
        using var admin = await ConnectionMultiplexer.ConnectAsync(connectionString + ",allowAdmin=true");
        object[] settings =
        [
            "SET", "tls-cert-file", Path.Combine(_folder, name + ".pem"), "tls-key-file", Path.Combine(_folder, name + ".key"), "tls-ca-cert-file", Path.Combine(_folder, "ca.pem"),
            "tls-auth-clients", "no", "tls-port", port,
        ];
        await admin.GetDatabase().ExecuteAsync("CONFIG", settings);
        return port;
    }

    private async Task<bool> WorksAsync(string connectionString, string? authority)
    {
        using var connection = new RedisConnection(
            () => connectionString, TimeProvider.System, NullLogger<RedisConnection>.Instance, TimeSpan.FromSeconds(5), () => authority is null ? null : Path.Combine(_folder, authority));
        try
        {
            return await connection.RunAsync(redis => redis.PingAsync(), CancellationToken.None) >= TimeSpan.Zero;
        }
        catch (HotStoreUnavailableException)
        {
            return false;
        }
    }

    private void Issue(string file, string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        using var certificate = request.Create(_authority, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        Write(file + ".pem", certificate.ExportCertificatePem());
        Write(file + ".key", key.ExportPkcs8PrivateKeyPem());
    }

    private void Write(string file, string text)
    {
        File.WriteAllText(Path.Combine(_folder, file), text, Encoding.ASCII);
        File.SetUnixFileMode(Path.Combine(_folder, file), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
    }

    private static X509Certificate2 Authority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Stores' authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
    }
}
