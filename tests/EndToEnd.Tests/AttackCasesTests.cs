using System.Text.RegularExpressions;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests;

/// <summary>The table of attack cases names tests that there are.</summary>
public sealed partial class AttackCasesTests
{
    [Fact]
    public void EveryTestThatTheTableNames_Exists()
    {
        var sources = Directory.EnumerateFiles(RepositoryRoot.Of("tests"), "*Tests.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/node_modules/", StringComparison.Ordinal))
            .ToLookup(file => Path.GetFileNameWithoutExtension(file), File.ReadAllText);
        var named = Named().Matches(File.ReadAllText(RepositoryRoot.Of("docs/attack-cases.md")));
        Assert.True(named.Count > 80, $"{named.Count}");
        Assert.Empty(named.Where(test => !sources[test.Groups[1].Value].Any(source => source.Contains($" {test.Groups[2].Value}(", StringComparison.Ordinal))).Select(test => test.Value));
    }

    [GeneratedRegex("`([A-Z][A-Za-z0-9]*Tests)\\.([A-Za-z0-9_]+)`")]
    private static partial Regex Named();
}
