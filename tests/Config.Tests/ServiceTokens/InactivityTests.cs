using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.ServiceTokens;
using ManagedOAuth.Config.Tests.Support;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.Config.Tests.ServiceTokens;

[Collection(ConfigCollection.Name)]
public sealed class InactivityTests(ConfigHost host)
{
    private const string Access = "/client/v4/accounts/default/access";
    private static readonly DateTimeOffset s_start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(InactivityAction.Disable, true, 29, null, false)]
    [InlineData(InactivityAction.Disable, true, 30, null, true)]
    [InlineData(InactivityAction.Disable, true, 45, 20, false)]
    [InlineData(InactivityAction.Disable, true, 50, 20, true)]
    [InlineData(InactivityAction.Disable, false, 400, null, false)]
    [InlineData(InactivityAction.Delete, false, 400, null, true)]
    public void Find_GivesTokensThatWereNotUsedForLongerThanTheSetting(InactivityAction action, bool enabled, int daysLater, int? usedAfterDays, bool found)
    {
        var token = new ServiceToken { Id = Guid.NewGuid(), Name = "t", ClientId = "x", SecretHash = "", Enabled = enabled, CreatedAt = s_start, UpdatedAt = s_start };
        DateTimeOffset? used = usedAfterDays is { } days ? s_start.AddDays(days) : null;
        Assert.Equal(found, InactiveTokens.Find(Snapshot(token, action, true), _ => used, s_start.AddYears(-4), s_start.AddDays(daysLater)).Count == 1);
        Assert.Empty(InactiveTokens.Find(Snapshot(token, action, false), _ => used, s_start.AddYears(-4), s_start.AddDays(daysLater)));
    }

    [Fact]
    public void Find_TokenThatWasNeverSeen_CountsFromTheSettingOn()
    {
        var token = new ServiceToken { Id = Guid.NewGuid(), Name = "t", ClientId = "x", SecretHash = "", CreatedAt = s_start.AddYears(-3), UpdatedAt = s_start.AddYears(-3) };
        Assert.Empty(InactiveTokens.Find(Snapshot(token, InactivityAction.Delete, true), _ => null, s_start.AddYears(-4), s_start.AddDays(29)));
        Assert.Single(InactiveTokens.Find(Snapshot(token, InactivityAction.Delete, true), _ => null, s_start.AddYears(-4), s_start.AddDays(30)));
    }

    [Fact]
    public void Find_TokenThatWasNeverSeen_CountsFromTheFirstRecordingOn_WhereThatIsLater()
    {
        var token = new ServiceToken { Id = Guid.NewGuid(), Name = "t", ClientId = "x", SecretHash = "", CreatedAt = s_start.AddYears(-3), UpdatedAt = s_start.AddYears(-3) };
        var snapshot = Snapshot(token, InactivityAction.Delete, true);
        Assert.Empty(InactiveTokens.Find(snapshot, _ => null, s_start.AddDays(100), s_start.AddDays(129)));
        Assert.Single(InactiveTokens.Find(snapshot, _ => null, s_start.AddDays(100), s_start.AddDays(130)));
        Assert.Empty(InactiveTokens.Find(snapshot, _ => null, null, s_start.AddYears(9)));
    }

    [Fact]
    public async Task Task_DisablesTheUnusedTokenAndLeavesTheUsedOne()
    {
        if (host.Services.GetRequiredService<ConfigurationLog>().Current.Snapshot.Organization is null)
        {
            await host.Api.PostAsJsonAsync($"{Access}/organizations", new { name = "Team", auth_domain = "team.test" });
        }

        var (unused, used) = (await MakeAsync("unused"), await MakeAsync("used"));
        var later = DateTimeOffset.UtcNow.AddDays(40);
        host.Services.GetRequiredService<ApiTokenUses>().Note(used, later.AddDays(-1));
        await host.Api.PutAsJsonAsync($"{Access}/organizations", new { service_token_inactivity = new { enabled = true, inactivity_threshold_days = 30, action = "disable" } });
        try
        {
            using var task = new InactivityTask(
                host.Services.GetRequiredService<ConfigurationLog>(), host.Services.GetRequiredService<ApiTokenUses>(), host.Services.GetRequiredService<ServiceTokenKind>(),
                host.Services.GetRequiredService<IServiceScopeFactory>(), new At(later), NullLogger<InactivityTask>.Instance);
            Assert.True(await task.RunAsync(CancellationToken.None) >= 1);
            Assert.False((bool)(await GetAsync(unused))["enabled"]!);
            Assert.True((bool)(await GetAsync(used))["enabled"]!);
            Assert.NotNull((await GetAsync(used))["last_seen_at"]);
            Assert.Equal(0, await task.RunAsync(CancellationToken.None));
        }
        finally
        {
            await host.Api.PutAsJsonAsync($"{Access}/organizations", new { service_token_inactivity = (object?)null });
        }
    }

    private async Task<Guid> MakeAsync(string name)
        => (await ConfigHost.ReadAsync(await host.Api.PostAsJsonAsync($"{Access}/service_tokens", new { name })))["result"]!["id"]!.GetValue<Guid>();

    private async Task<JsonNode> GetAsync(Guid id) => (await ConfigHost.ReadAsync(await host.Api.GetAsync($"{Access}/service_tokens/{id}")))["result"]!;

    private static ConfigurationSnapshot Snapshot(ServiceToken token, InactivityAction action, bool enabled) => ConfigurationSnapshot.Empty with
    {
        ServiceTokens = ConfigurationSnapshot.Empty.ServiceTokens.Add(token.Id, token),
        Organization = new Organization
        {
            Id = Guid.NewGuid(),
            Name = "o",
            AuthDomain = "https://team.test",
            UpdatedAt = s_start,
            ServiceTokenInactivity = new ServiceTokenInactivity { Enabled = enabled, InactivityThresholdDays = 30, Action = action },
        },
    };

    private sealed class At(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }
}
