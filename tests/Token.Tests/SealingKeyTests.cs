using System.Security.Cryptography;
using ManagedOAuth.Contracts.Tokens;
using ManagedOAuth.ServiceDefaults.KeysAtRest;
using ManagedOAuth.Token.Keys.Sealing;
using ManagedOAuth.Token.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.Token.Tests;

/// <summary>The life of sealing keys on a moved clock, in the real store. Each application here is the test's own.</summary>
public sealed class SealingKeyTests(TokenFlowTests.Fixture fixture) : IClassFixture<TokenFlowTests.Fixture>
{
    private readonly IServiceProvider _services = fixture.Cluster.Replicas[0].Services;
    private readonly MovedClock _clock = new();
    private readonly Guid _application = Guid.NewGuid();

    [Fact]
    public async Task Period_ThatIsOver_HandsOverToTheKeyThatEverybodyHadBefore()
    {
        using var keys = await StartAsync();
        var first = await keys.CurrentAsync(_application, default);
        var next = Assert.Single(keys.All.Values, key => key.Period == first.Period + 1);
        var token = Seal(first);

        _clock.Now = StartOf(first.Period + 1).AddMinutes(1);
        await keys.EnsureAsync([_application], default);
        Assert.Equal(next.KeyId, (await keys.CurrentAsync(_application, default)).KeyId);
        Assert.Contains(keys.All.Values, key => key.Period == first.Period + 2);
        Assert.NotNull(Open(keys, token));

        // A replica that starts in the new period agrees, and opens what was sealed before it was there.
        using var later = await StartAsync();
        Assert.Equal(next.KeyId, (await later.CurrentAsync(_application, default)).KeyId);
        Assert.Equal("assertion", Open(later, token)?.Assertion);
    }

    [Fact]
    public async Task Key_WhoseTokensAreOver_IsForgottenAndDeleted_AndNotBefore()
    {
        using var keys = await StartAsync();
        var first = await keys.CurrentAsync(_application, default);
        var token = Seal(first);
        Assert.True(first.NotAfter >= StartOf(first.Period + 1).AddHours(24));

        _clock.Now = first.NotAfter.AddSeconds(-1);
        await keys.EnsureAsync([_application], default);
        await keys.DeleteExpiredAsync(default);
        Assert.NotNull(Open(keys, token));
        Assert.NotNull(await StoredAsync(first.Period));

        _clock.Now = first.NotAfter.AddSeconds(1);
        await keys.EnsureAsync([_application], default);
        await keys.DeleteExpiredAsync(default);
        Assert.Null(Open(keys, token));
        Assert.Null(await StoredAsync(first.Period));
        Assert.NotNull(await StoredAsync(first.Period + 1));
        Assert.NotNull(Open(keys, Seal(await keys.CurrentAsync(_application, default))));
    }

    [Fact]
    public async Task Replicas_ThatComeToAPeriodTogether_MakeOneKey()
    {
        var replicas = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(StartAsync)));
        Assert.Single(replicas.Select(keys => Convert.ToHexString(keys.CurrentAsync(_application, default).AsTask().Result.Key)).Distinct());
        foreach (var keys in replicas)
        {
            keys.Dispose();
        }
    }

    private async Task<SealingKeys> StartAsync()
    {
        var keys = new SealingKeys(_services.GetRequiredService<IDocumentStore>(), _services.GetRequiredService<ISecretBox>(), Options.Create(new TokenOptions()), _clock);
        await keys.EnsureAsync([_application], default);
        return keys;
    }

    private static DateTimeOffset StartOf(long period) => DateTimeOffset.UnixEpoch + (period * new TokenOptions().SealingKeyPeriod);

    private static string Seal(SealingKey key)
    {
        using var aes = new AesGcm(key.Key, 16);
        var payload = new AccessTokenPayload
        {
            GrantId = Guid.NewGuid(),
            TokenId = Guid.NewGuid(),
            Audience = new string('a', 64),
            IssuedAt = A.Now,
            ExpiresAt = A.Now.AddMinutes(15),
            Scope = "",
            ClientId = A.ClientId,
            Assertion = "assertion",
        };
        return SealedAccessToken.Seal(payload, key.KeyId, aes);
    }

    private static AccessTokenPayload? Open(SealingKeys keys, string token)
        => SealedAccessToken.TryOpen(token, id => keys.Find(id) is { } key ? new AesGcm(key.Key, 16) : null, out var payload) ? payload : null;

    private async Task<SealingKeyDocument?> StoredAsync(long period)
    {
        await using var session = _services.GetRequiredService<IDocumentStore>().QuerySession();
        return await session.LoadAsync<SealingKeyDocument>($"{_application:N}:{period}");
    }
}
