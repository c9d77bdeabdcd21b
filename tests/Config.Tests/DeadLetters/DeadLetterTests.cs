using System.Net;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ManagedOAuth.Config.Tests.DeadLetters;

[Collection(ConfigCollection.Name)]
public sealed class DeadLetterTests(ConfigHost host)
{
    private const string Path = ApiCalls.Access + "/dead_letters";

    // A queue that nobody listens to, so that what is put back stays to be seen.
    private readonly string _receiver = $"nobody-{Guid.NewGuid():N}";

    [Fact]
    public async Task List_InPages_ShowsTheNewestFirstAndNoBody()
    {
        var ids = new List<Guid>();
        for (var index = 0; index < 5; index++)
        {
            ids.Insert(0, await BuryAsync("grant_opened", "failed", age: 60 - index));
        }

        await BuryAsync("other", "unreadable", age: 1);
        var (seen, cursor) = (new List<Guid>(), "");
        do
        {
            var page = await host.Api.Call("GET", $"{Path}?receiver={_receiver}&reason=failed&per_page=2{cursor}");
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.DoesNotContain("secret-of-the-body", page.Body.ToJsonString(), StringComparison.Ordinal);
            seen.AddRange(page.Result!.AsArray().Select(letter => (Guid)letter!["id"]!));
            cursor = page.Info["cursor"] is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        Assert.Equal(ids, seen);
        var one = (await host.Api.Must(HttpStatusCode.OK, "GET", $"{Path}?receiver={_receiver}&message_type=other"))[0]!;
        Assert.Equal(("unreadable", "System.Exception", "it did not work", 8), ((string)one["reason"]!, (string)one["exception_type"]!, (string)one["exception_message"]!, (int)one["attempts"]!));
    }

    [Fact]
    public async Task Replay_OfOne_PutsItBackAndSaysWhoDidIt()
    {
        var (chosen, other) = (await BuryAsync("grant_opened", "failed"), await BuryAsync("grant_opened", "failed"));
        var done = await host.Api.Must(HttpStatusCode.OK, "POST", $"{Path}/replay", $$"""{"id": "{{chosen}}"}""");
        Assert.Equal((1, false), ((int)done["replayed"]!, (bool)done["more"]!));
        Assert.Equal([chosen], await IdsAsync("queue"));
        Assert.Equal([other], await IdsAsync("dead_letter"));
        var action = await ActionAsync(chosen);
        Assert.Equal("replay", (string)action["action"]!);
        Assert.Contains("bootstrap", (string)action["actor"]!, StringComparison.Ordinal);
        Assert.Equal("grant_opened", (string)Assert.Single(action["letters"]!.AsArray())!["message_type"]!);
        Assert.Equal(HttpStatusCode.NotFound, (await host.Api.Call("POST", $"{Path}/replay", $$"""{"id": "{{chosen}}"}""")).Status);
    }

    [Fact]
    public async Task Discard_OfAType_LeavesTheRest()
    {
        var (gone, kept) = (await BuryAsync("grant_ended", "failed"), await BuryAsync("grant_opened", "failed"));
        var done = await host.Api.Must(HttpStatusCode.OK, "POST", $"{Path}/discard", $$"""{"receiver": "{{_receiver}}", "message_type": "grant_ended"}""");
        Assert.Equal(1, (int)done["discarded"]!);
        Assert.Equal([kept], await IdsAsync("dead_letter"));
        Assert.Empty(await IdsAsync("queue"));
        Assert.Equal("discard", (string)(await ActionAsync(gone))["action"]!);
    }

    [Fact]
    public async Task Replay_OfMoreThanOneCallTakes_SaysThatThereAreMore()
    {
        await BuryManyAsync(501);

        var body = $$"""{"receiver": "{{_receiver}}"}""";
        var first = await host.Api.Must(HttpStatusCode.OK, "POST", $"{Path}/replay", body);
        Assert.Equal((500, true), ((int)first["replayed"]!, (bool)first["more"]!));
        var second = await host.Api.Must(HttpStatusCode.OK, "POST", $"{Path}/replay", body);
        Assert.Equal((1, false), ((int)second["replayed"]!, (bool)second["more"]!));
        Assert.Equal(501, (await IdsAsync("queue")).Count);

        // What is named on one page is bounded: a page ends before it, and the next one goes on.
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{Path}/discard", $$"""{"id": "{{await BuryAsync("one", "failed")}}"}""");
        await BuryManyAsync(1000);
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{Path}/replay", body);
        await host.Api.Must(HttpStatusCode.OK, "POST", $"{Path}/replay", body);
        var (named, cursor) = (new List<int>(), "");
        do
        {
            var page = await host.Api.Call("GET", $"{Path}/actions?per_page=100{cursor}");
            var onPage = page.Result!.AsArray().Select(action => action!["letters"]!.AsArray()).ToList();
            Assert.InRange(onPage.Sum(letters => letters.Count), 1, 1000);
            named.AddRange(onPage.Where(letters => letters.Count > 0 && (string)letters[0]!["receiver"]! == _receiver).Select(letters => letters.Count));
            cursor = page.Info["cursor"] is { } next ? $"&cursor={next}" : "";
        }
        while (cursor.Length > 0);
        Assert.Equal([500, 500, 1, 1, 500], named);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"all": false}""")]
    [InlineData("""{"id": "one"}""")]
    public async Task Act_WithoutSayingWhich_DoesNothing(string body)
    {
        var letter = await BuryAsync("grant_opened", "failed");
        Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("POST", $"{Path}/discard", body)).Status);
        Assert.Equal([letter], await IdsAsync("dead_letter"));
    }

    [Theory]
    [InlineData("per_page=101")]
    [InlineData("per_page=x")]
    [InlineData("cursor=1")]
    [InlineData("receiver=%00")]
    [InlineData("message_type=a%0Ab")]
    [InlineData("cursor=9223372036854775807-00000000000000000000000000000000")]
    public async Task List_WithWrongParameters_Is400(string query)
        => Assert.Equal(HttpStatusCode.BadRequest, (await host.Api.Call("GET", $"{Path}?{query}")).Status);

    private NpgsqlDataSource Database => host.Services.GetRequiredService<NpgsqlDataSource>();

    private async Task<JsonNode> ActionAsync(Guid letter)
        => (await host.Api.Must(HttpStatusCode.OK, "GET", $"{Path}/actions?per_page=100")).AsArray()
            .Single(action => action!["letters"]!.AsArray().Any(named => (Guid)named!["id"]! == letter))!;

    private async Task<Guid> BuryAsync(string type, string reason, int age = 0)
    {
        var id = Guid.NewGuid();
        await using var insert = Database.CreateCommand(
            """
            insert into messages.dead_letter (receiver, id, message_type, body, enqueued_at, dead_at, source, attempts, reason, exception_type, exception_message)
            values ($1, $2, $3, convert_to('{"x": "secret-of-the-body"}', 'UTF8'), now(), now() - make_interval(secs => $5), 'tests', 8, $4, 'System.Exception', 'it did not work')
            """);
        foreach (var value in (object[])[_receiver, id, type, reason, (double)age])
        {
            insert.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await insert.ExecuteNonQueryAsync();
        return id;
    }

    private async Task BuryManyAsync(int count)
    {
        await using var insert = Database.CreateCommand(
            """
            insert into messages.dead_letter (receiver, id, message_type, body, enqueued_at, attempts, reason)
            select $1, gen_random_uuid(), 'many', '\x7b7d', now(), 1, 'failed' from generate_series(1, $2)
            """);
        insert.Parameters.Add(new NpgsqlParameter { Value = _receiver });
        insert.Parameters.Add(new NpgsqlParameter { Value = count });
        await insert.ExecuteNonQueryAsync();
    }

    private async Task<List<Guid>> IdsAsync(string table)
    {
        await using var command = Database.CreateCommand($"select id from messages.{table} where receiver = $1");
        command.Parameters.Add(new NpgsqlParameter { Value = _receiver });
        await using var reader = await command.ExecuteReaderAsync();
        var ids = new List<Guid>();
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }
}
