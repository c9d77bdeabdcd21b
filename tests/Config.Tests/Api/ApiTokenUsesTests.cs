using ManagedOAuth.Config.ApiTokens;
using ManagedOAuth.Config.Tests.Support;
using Marten;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace ManagedOAuth.Config.Tests.Api;

[Collection(ConfigCollection.Name)]
public sealed class ApiTokenUsesTests(ConfigHost host)
{
    private static readonly DateTimeOffset s_old = DateTimeOffset.UtcNow.AddDays(-10);

    private IDocumentStore Store => host.Services.GetRequiredService<IDocumentStore>();

    [Fact]
    public async Task Uses_OfThousandsOfTokens_AreAllKnownAfterARestart_AndForgottenWithTheirTokens()
    {
        var tokens = Enumerable.Range(0, 5_001).Select(_ => Guid.NewGuid()).ToList();
        var before = Uses();
        tokens.ForEach(token => before.Note(token, s_old));
        await before.ExchangeAsync(default);
        var restarted = Uses();
        await restarted.ExchangeAsync(default);
        Assert.All(tokens, token => Assert.NotNull(restarted.LastUseOf(token)));
        Assert.NotNull(restarted.RecordedSince);

        // One of them is still there, and one was used a moment ago: perhaps a token that this process has not heard of yet.
        restarted.Note(tokens[1]);
        await restarted.ExchangeAsync(default);
        var others = (await AllAsync()).Except(tokens);
        await restarted.ForgetAsync(others.Append(tokens[0]).ToHashSet(), default);
        Assert.Equal(tokens.Take(2).Order(), (await AllAsync()).Intersect(tokens).Order());
        Assert.NotNull(restarted.RecordedSince);
        await restarted.ExchangeAsync(default);
        Assert.Null(restarted.LastUseOf(tokens[2]));
    }

    [Fact]
    public async Task Use_ThatCouldNotBeWritten_IsWrittenTheNextTime()
    {
        var (token, uses) = (Guid.NewGuid(), Uses());
        uses.Note(token);
        await using (var connection = await host.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync())
        {
            // It can be read and not written.
            await using var transaction = await connection.BeginTransactionAsync();
            await new NpgsqlCommand("lock table config.mt_doc_apitokenuse in share mode", connection).ExecuteNonQueryAsync();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
            await Assert.ThrowsAnyAsync<Exception>(() => uses.ExchangeAsync(patience.Token));
        }

        await uses.ExchangeAsync(default);
        Assert.Contains(token, await AllAsync());
    }

    private ApiTokenUses Uses() => new(Store, TimeProvider.System, NullLogger<ApiTokenUses>.Instance);

    private async Task<IReadOnlyList<Guid>> AllAsync()
    {
        await using var command = host.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("select id from config.mt_doc_apitokenuse");
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<Guid>();
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }
}
