using System.Diagnostics;
using System.Text.Json;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Portals;

/// <summary>npm's SDK, which nobody here wrote, takes up a call whose connection broke (<c>Last-Event-ID</c>).</summary>
[Collection(WorldCollection.Name)]
public sealed class PortalResumeTests(World world)
{
    [Fact]
    public async Task NpmSdk_TakesACallUpWhereItsConnectionBroke_AndItRanOnce()
    {
        var tool = new LongTool();
        await using var upstream = await McpUpstream.StartAsync("things", isStateless: false, server => server.Tools.Add(tool.Create()));

        // It goes where its address leads: the portal is at the edge's own.
        await using var portal = await PortalHarness.CreateAsync(world, $"localhost:{world.Port}");
        await portal.AddAsync("things", upstream);
        using var node = Process.Start(new ProcessStartInfo("node", [RepositoryRoot.Of("tests/EndToEnd.Tests/node/resume.mjs"), $"http://{portal.Host}/mcp", portal.Token(), "things_long"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        try
        {
            Assert.NotEmpty((await NextAsync(node)).GetProperty("broken").GetString()!);
            tool.Release();
            await node.StandardInput.WriteLineAsync();
            await node.StandardInput.FlushAsync();
            Assert.Equal("long", (await NextAsync(node)).GetProperty("result").GetProperty("content")[0].GetProperty("text").GetString());
            Assert.Equal(1, tool.Begun);
        }
        finally
        {
            tool.Release();
            node.Kill();
            await node.WaitForExitAsync();
        }
    }

    private static async Task<JsonElement> NextAsync(Process node)
    {
        var line = await node.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.True(line is not null, "The client has ended.");
        return JsonDocument.Parse(line).RootElement;
    }
}
