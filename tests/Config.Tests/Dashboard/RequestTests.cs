using System.Text.Json;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Pages.Rules;
using ManagedOAuth.Config.Dashboard.Requests;
using ManagedOAuth.Contracts.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Config.Tests.Dashboard;

/// <summary>What pages make of forms and objects, without a server.</summary>
public sealed class RequestTests
{
    [Theory]
    [InlineData("""{"a":1}""", """{"a":1}""", "{}")]
    [InlineData("""{"a":1,"b":2}""", """{"a":1}""", """{"b":null}""")]
    [InlineData("""{"a":{"x":1,"y":2}}""", """{"a":{"x":1,"y":3}}""", """{"a":{"y":3}}""")]
    [InlineData("""{"a":{"x":1}}""", """{"a":null}""", """{"a":null}""")]
    [InlineData("""{"a":[1,2]}""", """{"a":[2]}""", """{"a":[2]}""")]
    [InlineData("{}", """{"a":{"x":1}}""", """{"a":{"x":1}}""")]
    public void MergePatch_HoldsWhatDiffers(string before, string after, string patch)
        => Assert.Equal(patch, MergePatch.Between(JsonNode.Parse(before)!.AsObject(), JsonNode.Parse(after)!.AsObject()).ToJsonString());

    [Fact]
    public void Curl_QuotesForAShell_AndHidesSecrets()
    {
        var call = new ApiCall("PATCH", "access/identity_providers/1", new JsonObject { ["name"] = "It's $(mine)", ["config"] = new JsonObject { ["client_secret"] = "s3cret" } }, "\"3\"");
        var curl = call.Curl("https://dash.example.com/client/v4/accounts/default");
        Assert.StartsWith("curl 'https://dash.example.com/client/v4/accounts/default/access/identity_providers/1' \\\n  --request PATCH", curl, StringComparison.Ordinal);
        Assert.Contains("It'\\''s $(mine)", curl, StringComparison.Ordinal);
        Assert.Contains("--header 'If-Match: \"3\"'", curl, StringComparison.Ordinal);
        Assert.Contains("$CLIENT_SECRET", curl, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", curl, StringComparison.Ordinal);
        Assert.Equal("s3cret", (string?)call.Body!["config"]!["client_secret"]);
    }

    [Fact]
    public void RuleForm_AddsRemovesAndKeepsWhatItDoesNotKnow()
    {
        var rows = new Dictionary<string, StringValues>
        {
            ["/include/0/kind"] = "email",
            ["/include/0/email"] = " alice@example.com ",
            ["/include/1/kind"] = "device_posture",
            ["/include/1/json"] = """{"device_posture":{"country_code":"DE"}}""",
            ["/include/2/kind"] = "everyone",
            ["add-require"] = "ip",
        };
        var draft = new Draft();
        Assert.False(RuleForm.Take(draft, new FormCollection(new(rows) { ["action"] = "save" })));
        Assert.Equal("""[{"email":{"email":"alice@example.com"}},{"device_posture":{"country_code":"DE"}},{"everyone":{}}]""", draft.Value["include"]!.ToJsonString());

        Assert.True(RuleForm.Take(draft, new FormCollection(new(rows) { ["action"] = "remove:include:0" })));
        Assert.Equal("""[{"device_posture":{"country_code":"DE"}},{"everyone":{}}]""", draft.Value["include"]!.ToJsonString());
        Assert.True(RuleForm.Take(draft, new FormCollection(new(rows) { ["action"] = "add:require" })));
        Assert.Equal("""[{"ip":{}}]""", draft.Value["require"]!.ToJsonString());
    }

    /// <summary>What a row of the builder makes is a rule that the API reads.</summary>
    [Fact]
    public void RuleKinds_MakeRulesThatAreRead()
    {
        Assert.All(RuleKinds.All, kind =>
        {
            var body = new JsonObject();
            foreach (var input in kind.Inputs)
            {
                body[input.Member] = input.Source == RuleSource.Text ? input.Placeholder : Guid.NewGuid().ToString();
            }

            var rule = new JsonObject { [kind.Kind] = body }.Deserialize(ConfigurationJson.Default.Rule);
            Assert.Equal(kind.Kind, rule!.Kind);
        });
        Assert.True(RuleKinds.All.Count >= 17);
    }

    [Fact]
    public void Draft_NamesTheErrorOfAFieldAndOfWhatIsInIt()
    {
        var draft = new Draft(new JsonObject { ["grant"] = new JsonObject { ["session_duration"] = "1h" } }) { Errors = [("/grant/session_duration", "too short"), ("/uris/3", "no URI")] };
        Assert.Equal("too short", draft.Error("/grant/session_duration"));
        Assert.Equal("no URI", draft.Error("/uris"));
        Assert.Null(draft.Error("/grant/session"));
        draft.Remove("/grant/session_duration");
        Assert.Equal("""{"grant":{}}""", draft.Value.ToJsonString());
    }

    [Theory]
    [InlineData(-5, "just now")]
    [InlineData(-90, "1 minute ago")]
    [InlineData(-7200, "2 hours ago")]
    [InlineData(3 * 86400, "in 3 days")]
    public void Moments_AreSaidAsPeopleDo(int seconds, string words)
    {
        var now = new DateTimeOffset(2026, 3, 20, 12, 0, 0, TimeSpan.Zero);
        Assert.Equal(words, Moments.Relative(now.AddSeconds(seconds), now));
    }

    [Theory]
    [InlineData("336h", "14 days")]
    [InlineData("24h", "24 hours")]
    [InlineData("15m", "15 minutes")]
    [InlineData("90m", "90 minutes")]
    [InlineData("nonsense", "nonsense")]
    public void Durations_AreWords(string duration, string words) => Assert.Equal(words, Durations.Words(duration));
}
