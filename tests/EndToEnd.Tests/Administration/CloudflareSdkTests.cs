using System.Diagnostics;
using System.Globalization;
using ManagedOAuth.EndToEnd.Tests.Clients;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Administration;

/// <summary>The official SDK of the original (npm <c>cloudflare</c>), told nothing but another base URL and a token.</summary>
[Collection(TopologyCollection.Name)]
public sealed class CloudflareSdkTests(LocalTopology topology)
{
    private static int s_ports = 40_000;

    [Theory]
    [InlineData("applications")]
    [InlineData("application_policies")]
    [InlineData("application_settings")]
    [InlineData("policies")]
    [InlineData("groups")]
    [InlineData("tags")]
    [InlineData("custom_pages")]
    [InlineData("service_tokens")]
    [InlineData("identity_providers")]
    [InlineData("organization")]
    [InlineData("lists")]
    [InlineData("mcp_applications")]
    [InlineData("mcp_servers")]
    [InlineData("mcp_portals")]
    [InlineData("policy_tests")]
    [InlineData("keys")]
    [InlineData("users")]
    [InlineData("user_policy_checks")]
    [InlineData("api_tokens")]
    [InlineData("scim")]
    [InlineData("access_requests")]
    [InlineData("revocations")]
    [InlineData("errors")]
    public async Task Sdk_CreatesReadsUpdatesAndDeletes(string kind)
    {
        var domain = string.Create(CultureInfo.InvariantCulture, $"localhost:{Interlocked.Increment(ref s_ports)}");
        const string Email = "sdk@example.com";
        if (kind is "users" or "user_policy_checks")
        {
            using var browser = new ScriptedBrowser(Email, topology.Mailbox);
            using var client = new OAuthClient(new Uri(topology.Orders, "/orders"));
            await client.LoginAsync(browser);
        }

        var start = new ProcessStartInfo("node", ["administration.mjs", new Uri(topology.Dashboard, "/client/v4").ToString(), topology.AdminToken, domain, kind, Email])
        {
            WorkingDirectory = RepositoryRoot.Of("tests/EndToEnd.Tests/node"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var node = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var (output, error) = (node.StandardOutput.ReadToEndAsync(deadline.Token), node.StandardError.ReadToEndAsync(deadline.Token));
        try
        {
            await node.WaitForExitAsync(deadline.Token);
        }
        finally
        {
            if (!node.HasExited)
            {
                node.Kill(entireProcessTree: true);
            }
        }

        Assert.True(node.ExitCode == 0, await error);
        Assert.Equal($"{kind}: ok", (await output).Trim());
    }
}
