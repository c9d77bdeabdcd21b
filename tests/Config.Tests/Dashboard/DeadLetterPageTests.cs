using System.Net;
using ManagedOAuth.Config.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace ManagedOAuth.Config.Tests.Dashboard;

[Collection(ConfigCollection.Name)]
public sealed class DeadLetterPageTests(ConfigHost host)
{
    [Theory]
    [InlineData("replay", 1L)]
    [InlineData("discard", 0L)]
    public async Task Letter_IsShown_AndReplayedOrDiscardedAfterAQuestion(string action, long queued)
    {
        var (id, type) = (Guid.NewGuid(), $"page_{action}_{Guid.NewGuid():N}");
        await RunAsync(
            """
            insert into messages.dead_letter (receiver, id, message_type, body, enqueued_at, attempts, reason, exception_message)
            values ('nobody', $1, $2, 'x', now(), 8, 'failed', '<b>it did not work</b>')
            """, id, type);
        using var browser = host.Browse(DashboardBrowser.UserOf("admin@example.com"));
        using var list = await browser.GetAsync("/audit/dead-letters");
        Assert.Equal(HttpStatusCode.OK, list.StatusCode);
        Assert.Contains(type, browser.Page, StringComparison.Ordinal);
        Assert.Contains("&lt;b&gt;it did not work", browser.Page, StringComparison.Ordinal);

        using var asked = await browser.GetAsync($"/audit/dead-letters/{id}/{action}");
        Assert.Contains($"access/dead_letters/{action}", browser.Page, StringComparison.Ordinal);
        using var done = await browser.PostAsync($"/audit/dead-letters/{id}/{action}", []);
        Assert.Equal(HttpStatusCode.SeeOther, done.StatusCode);
        await browser.GetAsync("/audit/dead-letters");
        Assert.DoesNotContain(type, browser.Page, StringComparison.Ordinal);
        Assert.Equal(queued, await RunAsync("select count(*) from messages.queue where id = $1 and message_type = $2", id, type));

        using var again = await browser.PostAsync($"/audit/dead-letters/{id}/{action}", [], browser.FormToken());
        Assert.NotEqual(HttpStatusCode.SeeOther, again.StatusCode);
    }

    private async Task<object?> RunAsync(string sql, Guid id, string type)
    {
        await using var command = host.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = id });
        command.Parameters.Add(new NpgsqlParameter { Value = type });
        return await command.ExecuteScalarAsync();
    }
}
