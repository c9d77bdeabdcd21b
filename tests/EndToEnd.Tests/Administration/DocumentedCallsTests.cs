using System.Diagnostics;
using System.Text.Json.Nodes;
using ManagedOAuth.EndToEnd.Tests.Topology;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Administration;

/// <summary>
/// The <c>curl</c> calls of the original's own guide to Managed OAuth, word for word but for host and token; and those of our README, but for ports and
/// the token's file.
/// </summary>
[Collection(TopologyCollection.Name)]
public sealed class DocumentedCallsTests(LocalTopology topology)
{
    private const string Get = """
        curl "https://api.cloudflare.com/client/v4/accounts/$ACCOUNT_ID/access/apps/$APP_ID" \
          --request GET \
          --header "Authorization: Bearer $CLOUDFLARE_API_TOKEN"
        """;

    private const string Enable = """
        curl "https://api.cloudflare.com/client/v4/accounts/$ACCOUNT_ID/access/apps/$APP_ID" \
          --request PUT \
          --header "Authorization: Bearer $CLOUDFLARE_API_TOKEN" \
          --json '{
            "oauth_configuration": {
                "enabled": true
            }
          }'
        """;

    private const string Configure = """
        curl "https://api.cloudflare.com/client/v4/accounts/$ACCOUNT_ID/access/apps/$APP_ID" \
          --request PUT \
          --header "Authorization: Bearer $CLOUDFLARE_API_TOKEN" \
          --json '{
            "oauth_configuration": {
                "enabled": true,
                "dynamic_client_registration": {
                    "enabled": true,
                    "allow_any_on_localhost": true,
                    "allow_any_on_loopback": true,
                    "allowed_uris": [
                        "https://playground.ai.cloudflare.com/*"
                    ]
                },
                "grant": {
                    "access_token_lifetime": "5m",
                    "session_duration": "24h"
                }
            }
          }'
        """;

    [Fact]
    public async Task GuideToManagedOAuth_EnablesAndConfiguresIt()
    {
        var application = await topology.Admin.PostAsync("apps", new JsonObject
        {
            ["type"] = "self_hosted",
            ["name"] = "documented",
            ["domain"] = "localhost:39999",
            ["policies"] = new JsonArray((string)(await topology.Admin.GetAsync("policies"))[0]!["id"]!),
        });
        var id = (string)application["id"]!;
        Assert.Null((await CallAsync(Get, id))["oauth_configuration"]);

        var enabled = await CallAsync(Enable, id);
        Assert.True((bool)enabled["oauth_configuration"]!["enabled"]!);
        Assert.Equal(("documented", "localhost:39999"), ((string?)enabled["name"], (string?)enabled["domain"]));
        Assert.Single(enabled["policies"]!.AsArray());

        await CallAsync(Configure, id);
        var configured = (await CallAsync(Get, id))["oauth_configuration"]!;
        Assert.True((bool)configured["dynamic_client_registration"]!["allow_any_on_loopback"]!);
        Assert.Equal("https://playground.ai.cloudflare.com/*", (string?)configured["dynamic_client_registration"]!["allowed_uris"]![0]);
        Assert.Equal(("5m", "24h"), ((string?)configured["grant"]!["access_token_lifetime"], (string?)configured["grant"]!["session_duration"]));
        await topology.Admin.DeleteAsync($"apps/{id}");
    }

    [Fact]
    public async Task Readme_CallsDoWhatItSays()
    {
        var challenge = ReadmeBlock("curl -i ");
        var answer = (await RunAsync(challenge)).ReplaceLineEndings("\n");
        foreach (var promised in challenge.Split('\n').Where(line => line.StartsWith("# ", StringComparison.Ordinal)))
        {
            Assert.Contains(promised[2..] + "\n", answer, StringComparison.Ordinal);
        }

        Assert.Contains("\"code_challenge_methods_supported\"", answer, StringComparison.Ordinal);
        Assert.True((bool)JsonNode.Parse(await RunAsync(string.Join('\n', ReadmeBlock("TOKEN=").Split('\n').Take(2))))!["success"]!);

        var made = JsonNode.Parse(await RunAsync("TOKEN=$CLOUDFLARE_API_TOKEN\n" + ReadmeBlock("access/apps --json")))!;
        Assert.True((bool)made["success"]!, made.ToJsonString());
        var domain = (string)made["result"]!["domain"]!;
        await Eventually.Async(async () => (await RunAsync($"curl -si http://{domain}/")).Contains($"resource_metadata=\"http://{domain}/.well-known/oauth-protected-resource\"", StringComparison.Ordinal));
        await topology.Admin.DeleteAsync($"apps/{made["result"]!["id"]}");
    }

    /// <summary>The one shell block of the README that has this text, for the ports and the data folder of this run.</summary>
    private string ReadmeBlock(string text)
    {
        var blocks = File.ReadAllText(Path.Combine(RepositoryRoot.Path, "README.md")).Split("```sh\n").Skip(1).Select(block => block[..block.IndexOf("```", StringComparison.Ordinal)]);
        var block = Assert.Single(blocks, block => block.Contains(text, StringComparison.Ordinal));
        return block.Replace(":8700", $":{topology.Orders.Port}", StringComparison.Ordinal)
            .Replace(":8703", $":{topology.Dashboard.Port}", StringComparison.Ordinal)
            .Replace(".local/", topology.DataFolder + "/", StringComparison.Ordinal);
    }

    private async Task<JsonNode> CallAsync(string command, string application)
    {
        var envelope = JsonNode.Parse(await RunAsync(command.Replace("https://api.cloudflare.com/", topology.Dashboard.ToString(), StringComparison.Ordinal), application))!;
        Assert.True((bool)envelope["success"]!, envelope.ToJsonString());
        return envelope["result"]!;
    }

    private async Task<string> RunAsync(string command, string application = "")
    {
        var start = new ProcessStartInfo("bash", ["-c", command])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["ACCOUNT_ID"] = "default";
        start.Environment["APP_ID"] = application;
        start.Environment["CLOUDFLARE_API_TOKEN"] = topology.AdminToken;
        using var curl = Process.Start(start)!;
        using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        var (output, error) = (curl.StandardOutput.ReadToEndAsync(deadline.Token), curl.StandardError.ReadToEndAsync(deadline.Token));
        await curl.WaitForExitAsync(deadline.Token);
        Assert.True(curl.ExitCode == 0, await error);
        return await output;
    }
}
