using System.Text;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using ManagedOAuth.ServiceDefaults.Startup;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;

namespace ManagedOAuth.ServiceDefaults.Tests.KeysAtRest;

public class KeysAtRestTests
{
    private static readonly byte[] s_secret = Encoding.UTF8.GetBytes("secret");
    private readonly ServiceKeys _keys = new("token", "authorization-server");

    [Fact]
    public async Task TwoReplicas_StartingAtOnceOnAnEmptyDatabase_ShareOneKey()
    {
        var (database, master) = (await PostgresServer.CreateDatabaseAsync(), _keys.WriteMasterKey());
        var replicas = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => StartAsync(database, master)));
        await Eventually.Async(async () => (await Task.WhenAll(replicas.Select(r => r.IsReadyAsync()))).All(ready => ready));

        var (one, two) = (replicas[0].Services, replicas[1].Services);
        var sealedSecret = one.GetRequiredService<ISecretBox>().Seal("p", s_secret);
        Assert.Equal(s_secret, two.GetRequiredService<ISecretBox>().Open("p", sealedSecret));
        Assert.Equal("cookie", Protector(two).Unprotect(Protector(one).Protect("cookie")));
        Assert.Equal(1L, await CountAsync(database, "token.mo_data_key"));
        Assert.Equal(1L, await CountAsync(database, "token.mo_data_protection_key"));
        foreach (var replica in replicas)
        {
            Assert.Single(replica.Services.GetRequiredService<IKeyManager>().GetAllKeys());
            await replica.DisposeAsync();
        }
    }

    [Fact]
    public async Task Restart_OpensWhatWasSealedBefore()
    {
        var (database, master) = (await PostgresServer.CreateDatabaseAsync(), _keys.WriteMasterKey());
        byte[] sealedSecret;
        string cookie;
        await using (var first = await StartReadyAsync(database, master))
        {
            sealedSecret = first.Services.GetRequiredService<ISecretBox>().Seal("p", s_secret);
            cookie = Protector(first.Services).Protect("cookie");
        }

        await using var second = await StartReadyAsync(database, master);
        Assert.Equal(s_secret, second.Services.GetRequiredService<ISecretBox>().Open("p", sealedSecret));
        Assert.Equal("cookie", Protector(second.Services).Unprotect(cookie));
    }

    [Fact]
    public async Task TwoServices_HaveKeysOfTheirOwn()
    {
        var (database, master) = (await PostgresServer.CreateDatabaseAsync(), _keys.WriteMasterKey());
        await using var token = await StartReadyAsync(database, master);
        await using var server = await StartReadyAsync(database, master, "authorization-server");
        var sealedSecret = token.Services.GetRequiredService<ISecretBox>().Seal("p", s_secret);
        Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(
            () => server.Services.GetRequiredService<ISecretBox>().Open("p", sealedSecret));
    }

    [Fact]
    public async Task Database_HoldsNoKeyInTheClear()
    {
        var (database, master) = (await PostgresServer.CreateDatabaseAsync(), _keys.WriteMasterKey());
        await using var service = await StartReadyAsync(database, master);
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("select string_agg(xml, '') from token.mo_data_protection_key", connection);
        var xml = (string)(await command.ExecuteScalarAsync())!;
        Assert.Contains("<sealed", xml, StringComparison.Ordinal);
        Assert.DoesNotContain("masterKey", xml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnotherMasterKey_WhileWrappedKeysExist_EndsTheProcessAndChangesNothing()
    {
        var database = await PostgresServer.CreateDatabaseAsync();
        var right = _keys.WriteMasterKey("right");
        await using (await StartReadyAsync(database, right))
        {
        }

        await using (var wrong = await StartAsync(database, _keys.WriteMasterKey("wrong")))
        {
            var lifetime = wrong.Services.GetRequiredService<IHostApplicationLifetime>();
            await Eventually.Async(() => lifetime.ApplicationStopping.IsCancellationRequested);
            Assert.Equal(1, Environment.ExitCode);
            Environment.ExitCode = 0;
        }

        Assert.Equal(1L, await CountAsync(database, "token.mo_data_key"));
        await using var again = await StartReadyAsync(database, right);
    }

    [Fact]
    public async Task NewMasterKey_BesideThePreviousOne_TakesOver_AndTheOldOneIsNeededNoMore()
    {
        var database = await PostgresServer.CreateDatabaseAsync();
        var (old, replacement) = (_keys.WriteMasterKey("old"), _keys.WriteMasterKey("replacement"));
        byte[] sealedSecret;
        string cookie;
        await using (var before = await StartReadyAsync(database, old))
        {
            sealedSecret = before.Services.GetRequiredService<ISecretBox>().Seal("p", s_secret);
            cookie = Protector(before.Services).Protect("cookie");
        }

        // Any number of replicas may do it at once.
        var replicas = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => StartAsync(database, replacement, previous: old)));
        await Eventually.Async(async () => (await Task.WhenAll(replicas.Select(r => r.IsReadyAsync()))).All(ready => ready));
        foreach (var replica in replicas)
        {
            Assert.Equal(s_secret, replica.Services.GetRequiredService<ISecretBox>().Open("p", sealedSecret));
            await replica.DisposeAsync();
        }

        File.Delete(old);
        await using var after = await StartReadyAsync(database, replacement);
        Assert.Equal(s_secret, after.Services.GetRequiredService<ISecretBox>().Open("p", sealedSecret));
        Assert.Equal("cookie", Protector(after.Services).Unprotect(cookie));
        Assert.Equal(1L, await CountAsync(database, "token.mo_data_key"));
    }

    [Fact]
    public async Task MissingMasterKeyFile_RefusesTheStart_AndMakesNone()
    {
        var missing = Path.Combine(TemporaryFolder.Create("keys"), "absent");
        var refused = await Assert.ThrowsAsync<StartupRefusedException>(
            async () => await StartAsync(await PostgresServer.CreateDatabaseAsync(), missing));
        Assert.Contains(missing, refused.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(missing));
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64 at all!")]
    [InlineData("c2hvcnQ=")]
    public async Task DamagedMasterKeyFile_RefusesTheStart_AndIsLeftAsItIs(string content)
    {
        var path = Path.Combine(TemporaryFolder.Create("keys"), "master");
        ServiceKeys.WritePrivate(path, content);
        var refused = await Assert.ThrowsAsync<StartupRefusedException>(
            async () => await StartAsync(await PostgresServer.CreateDatabaseAsync(), path));
        Assert.Contains("damaged", refused.Message, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(path));
    }

    [Fact]
    public async Task MasterKeyFile_ReadableByOthers_RefusesTheStart()
    {
        var path = _keys.WriteMasterKey();
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var refused = await Assert.ThrowsAsync<StartupRefusedException>(
            async () => await StartAsync(await PostgresServer.CreateDatabaseAsync(), path));
        Assert.Contains("chmod 600", refused.Message, StringComparison.Ordinal);
    }

    private async Task<TestService> StartReadyAsync(string database, string master, string name = "token")
    {
        var service = await StartAsync(database, master, name);
        await Eventually.Async(service.IsReadyAsync);
        return service;
    }

    private Task<TestService> StartAsync(string database, string master, string name = "token", string previous = "") => TestService.StartAsync(
        name, _keys,
        build: builder =>
        {
            builder.AddServiceStore(name, _ => { });
            builder.AddKeysAtRest();
        },
        settings: new Dictionary<string, string?>
        {
            ["ConnectionStrings:managedoauth"] = database,
            ["KeysAtRest:MasterKeyFile"] = master,
            ["KeysAtRest:PreviousMasterKeyFile"] = previous,
        });

    private static IDataProtector Protector(IServiceProvider services) =>
        services.GetRequiredService<IDataProtectionProvider>().CreateProtector("test");

    private static async Task<long> CountAsync(string database, string table)
    {
        await using var connection = new NpgsqlConnection(database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"select count(*) from {table}", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
