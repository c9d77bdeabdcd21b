using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Tests.Dashboard;

public sealed partial class DifferenceWordsTests
{
    [Theory]
    [InlineData("""{"op":"remove","path":"/include/0","old":{"email":{"email":"a@x"}}}""", "Include: a@x > ")]
    [InlineData("""{"op":"add","path":"/require/3","new":{"email_domain":{"domain":"x"}}}""", "Require:  > anyone at x")]
    [InlineData("""{"op":"replace","path":"/session_duration","old":"24h","new":"1h"}""", "Browser session duration: 24h > 1h")]
    [InlineData("""{"op":"replace","path":"/policies/1/precedence","item":"Staff","old":1,"new":2}""", "Policies › Order (Staff): 1 > 2")]
    [InlineData("""{"op":"replace","path":"/policies/1/precedence","item":"0f0e0d0c-0000-0000-0000-000000000001","old":1,"new":2}""", "Policies › Order (Engineers): 1 > 2")]
    [InlineData("""{"op":"add","path":"/policies/1","new":{"id":"0f0e0d0c-0000-0000-0000-000000000001","precedence":2}}""", "Policies:  > Engineers")]
    [InlineData("""{"op":"remove","path":"/policies/1","old":{"id":"0f0e0d0c-0000-0000-0000-000000000002","precedence":2}}""", "Policies: 0f0e0d0c-0000-0000-0000-000000000002 > ")]
    [InlineData("""{"op":"add","path":"/allowed_idps/0","new":"0f0e0d0c-0000-0000-0000-000000000001"}""", "Identity providers:  > Engineers")]
    [InlineData("""{"op":"replace","path":"/servers/0/updated_tools/2/enabled","item":"GitHub › push","old":true,"new":false}""", "Servers › Updated tools › Enabled (GitHub › push): yes > no")]
    [InlineData("""{"op":"add","path":"/items/0","new":{"value":"a@x","description":""}}""", "Values:  > a@x")]
    [InlineData("""{"op":"replace","path":"/cors_headers/allowed_origins","old":[],"new":["https://a","https://b"]}""", "Allowed origins: (none) > https://a, https://b")]
    [InlineData("""{"op":"add","path":"/some_thing/a~1b","new":{"x":{"y":1}}}""", """Some thing › A/b:  > {"x":{"y":1}}""")]
    [InlineData("""{"op":"add","path":"/login_design","new":{"header_text":"Welcome","background_color":"#fff","text_color":""}}""", "Login design:  > Above the sign-in: Welcome, Background color: #fff")]
    [InlineData("""{"op":"add","path":"/dashboard_permissions","new":[{"group_id":"0f0e0d0c-0000-0000-0000-000000000001","permissions":["read","write"]}]}""", "Dashboard permissions:  > Group id: Engineers, Permissions: read, write")]
    [InlineData("""{"op":"add","path":"","new":{"name":"n"}}""", "Whole object:  > n")]
    public void Difference_ReadsAsTheFormDoes(string change, string words)
    {
        var node = JsonNode.Parse(change)!.AsObject();
        string Value(string member) => node[member] is { } value ? DifferenceWords.Value(node, value, NameOf) : "";
        static string? NameOf(Guid id) => id.ToString().EndsWith('1') ? "Engineers" : null;
        Assert.Equal(words, $"{DifferenceWords.Place(node, NameOf)}: {Value("old")} > {Value("new")}");
    }

    [Fact]
    public void Names_AreThoseOfWhatMayBeRead()
    {
        var (policy, group) = (Guid.NewGuid(), Guid.NewGuid());
        var snapshot = ConfigurationSnapshot.Empty with
        {
            Policies = ConfigurationSnapshot.Empty.Policies.Add(policy, new Policy { Id = policy, Name = "Staff", Decision = PolicyAction.Allow }),
            Groups = ConfigurationSnapshot.Empty.Groups.Add(group, new Contracts.Configuration.Group { Id = group, Name = "Engineers" }),
        };
        Assert.Equal(("Staff", null), (Name(policy, ApiPermission.AppsAndPoliciesRead), Name(group, ApiPermission.AppsAndPoliciesRead)));
        Assert.Equal((null, "Engineers"), (Name(policy, ApiPermission.OrganizationsRead), Name(group, ApiPermission.OrganizationsRead)));
        Assert.Null(ObjectNames.Find(snapshot, Guid.NewGuid(), _ => true));

        string? Name(Guid id, ApiPermission held) => ObjectNames.Find(snapshot, id, permission => permission == held);
    }

    [Fact]
    public void FieldsOfForms_HaveTheSameNamesInDifferences()
    {
        var labels = Directory.EnumerateFiles(Pages(), "*.razor", SearchOption.AllDirectories)
            .SelectMany(file => Field().Matches(File.ReadAllText(file)))
            .ToLookup(match => match.Groups["name"].Value, match => match.Groups["label"].Value);
        Assert.True(labels.Count > 80);
        Assert.All(FieldWords.Labels.Where(field => labels[field.Key].Distinct().Count() == 1), field => Assert.Equal(labels[field.Key].First(), field.Value));
    }

    private static string Pages([CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, "../../../services/Config/Dashboard");

    [GeneratedRegex("Name=\"(?<name>/[a-z_/]+)\" [^>]*?Label=\"(?<label>[^\"@]+)\"")]
    private static partial Regex Field();
}
