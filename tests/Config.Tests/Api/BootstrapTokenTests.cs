using System.Net;
using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.ServiceDefaults.Startup;
using ManagedOAuth.Testing;
using Marten;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.Config.Tests.Api;

/// <summary>The first credential of an installation. The names begin with the case of the attack list.</summary>
public sealed class BootstrapTokenTests
{
    [Fact]
    public async Task A18_WithoutATokenFile_ThereIsNoTokenAtAll()
    {
        await using var host = new Fresh();
        await host.InitializeAsync();
        Assert.Empty(host.Host.Services.GetRequiredService<ConfigurationLog>().Current.ApiTokens);
        foreach (var guess in (string?[])[null, ConfigHost.Token, "", "admin", "mo_api_", "mo_api_bootstrap", "mo_api_" + new string('0', 64)])
        {
            using var client = host.Host.With(guess);
            Assert.Equal(HttpStatusCode.Unauthorized, (await client.GetAsync($"{ApiCalls.Account}/tokens")).StatusCode);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("changeme")]
    [InlineData("mo_api_short")]
    [InlineData("mo_st_0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("mo_api_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")]
    [InlineData("mo_api_123123123123123123123123123123123123123123123123")]
    public async Task A18_ATokenThatCanBeGuessed_KeepsTheServiceFromStarting(string token)
    {
        var file = Path.Combine(TemporaryFolder.Create("bootstrap"), "admin-token");
        await File.WriteAllTextAsync(file, token);
        await Assert.ThrowsAsync<StartupRefusedException>(() => Step(file).RunAsync(default));
        await Assert.ThrowsAsync<StartupRefusedException>(() => Step(file + ".none").RunAsync(default));
    }

    // Refused before anything is read from the database.
    private static BootstrapToken Step(string file)
        => new(new ConfigurationBuilder().AddInMemoryCollection([new("Config:BootstrapTokenFile", file)]).Build(), DocumentStore.For(options => options.Connection("Host=nowhere")), TimeProvider.System);

    private sealed class Fresh : IAsyncDisposable
    {
        public ConfigHost Host { get; } = new() { HasToken = false };

        public Task InitializeAsync() => Host.InitializeAsync();

        public async ValueTask DisposeAsync() => await Host.DisposeAsync();
    }
}
