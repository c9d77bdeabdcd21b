using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Provisioning;
using Aspire.Hosting.Running;

namespace ManagedOAuth.Foundation.Tests.Orchestration;

/// <summary>The pure rules.</summary>
public sealed class OrchestrationRuleTests
{
    [Theory]
    [InlineData(1, 250)]
    [InlineData(2, 500)]
    [InlineData(3, 1000)]
    [InlineData(6, 8000)]
    [InlineData(7, 15000)]
    [InlineData(1000, 15000)]
    public void RestartDelay_AfterFailuresInARow_DoublesUpToALimit(int failures, int milliseconds) =>
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), RestartPolicy.Delay(failures));

    [Fact]
    public void RestartCount_AfterAStableLife_BeginsAnew()
    {
        Assert.Equal(6, RestartPolicy.Count(5, TimeSpan.FromSeconds(29)));
        Assert.Equal(1, RestartPolicy.Count(5, TimeSpan.FromSeconds(30)));
    }

    [Theory]
    [InlineData(true, true, true, true, nameof(ServerPlacement.Given))]
    [InlineData(false, true, true, true, nameof(ServerPlacement.Local))]
    [InlineData(false, false, true, true, nameof(ServerPlacement.Container))]
    [InlineData(false, false, false, true, nameof(ServerPlacement.Install))]
    [InlineData(false, false, false, false, nameof(ServerPlacement.Impossible))]
    public async Task ServerPlacement_ByWhatIsThere_TakesTheFirstPossible(bool given, bool installed, bool engine, bool rights, string expected) =>
        Assert.Equal(expected, (await ServerPlacementRule.ChooseAsync(given, installed, () => Task.FromResult(engine), () => Task.FromResult(rights))).ToString());

    [Fact]
    public void ServerMissing_Message_NamesThreeWays()
    {
        var message = ServerProvisioning.MissingMessage(ServerKind.Postgres, "main");
        Assert.Contains("apt-get install postgresql", message, StringComparison.Ordinal);
        Assert.Contains("docker info", message, StringComparison.Ordinal);
        Assert.Contains("ConnectionStrings__main", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ID=debian", true)]
    [InlineData("ID=linuxmint\nID_LIKE=\"ubuntu debian\"", true)]
    [InlineData("ID=\"rhel\"\nID_LIKE=\"fedora\"", false)]
    [InlineData("NAME=debian", false)]
    public void Distribution_ByOsRelease_IsRecognised(string osRelease, bool expected) =>
        Assert.Equal(expected, DistributionPackages.IsDebianFamily(osRelease.Split('\n')));

    [Theory]
    [InlineData("127.0.0.1:6390,password=a=b", "127.0.0.1", 6390, "a=b")]
    [InlineData("abortConnect=false,redis", "redis", 6379, null)]
    public void RedisConnectionString_IsTakenApart(string text, string host, int port, string? password) =>
        Assert.Equal((host, port, password), RedisBuilderExtensions.Parse(text));

    [Fact]
    public void Log_WithControlSequences_IsCleaned()
    {
        var logs = new ResourceLoggerService(TimeProvider.System) { Output = TextWriter.Null };
        logs.Write("a", "\e[31mred\e[0m\a\ttab\e]0;title");
        Assert.Equal("red\ttab]0;title", Assert.Single(logs.GetLines("a")).Text);
    }

    [Fact]
    public void Log_OfManyLines_KeepsTheLast()
    {
        var logs = new ResourceLoggerService(TimeProvider.System) { Output = TextWriter.Null };
        for (var i = 0; i < ResourceLoggerService.Capacity + 5; i++)
        {
            logs.Write("a", $"{i}");
        }
        Assert.Equal(ResourceLoggerService.Capacity, logs.GetLines("a").Count);
        Assert.Equal("5", logs.GetLines("a")[0].Text);
    }

    [Fact]
    public void ResourceName_WithForeignCharacters_IsRefused() => Assert.Throws<ArgumentException>(() => new RedisResource("a\"b"));
}
