namespace ManagedOAuth.AppHost.Tests;

public sealed class AppHostOptionsTests
{
    [Fact]
    public void CommandLine_WithEverything_IsUnderstood()
    {
        Assert.True(AppHostOptions.TryParse(["--no-seed", "--ephemeral", "--port-base", "9000", "--replicas", "token=3,edge=2"], out var options, out _));

        Assert.False(options.Seed);
        Assert.True(options.Ephemeral);
        Assert.Equal((9000, 9005, 9010), (options.Ports.Orders, options.Ports.Console, options.Ports.OrdersOrigin));
        Assert.Equal((3, 2, 1), (options.ReplicasOf("token"), options.ReplicasOf("edge"), options.ReplicasOf("config")));
    }

    [Theory]
    [InlineData("--port-base=9000", "--replicas=token=3")]
    public void CommandLine_WithEqualsSigns_IsUnderstood(params string[] args)
    {
        Assert.True(AppHostOptions.TryParse(args, out var options, out _));
        Assert.Equal((9000, 3), (options.Ports.Base, options.ReplicasOf("token")));
    }

    [Fact]
    public void Data_IsKeptWhereItIsSaid()
    {
        Assert.True(AppHostOptions.TryParse(["--data", "kept"], out var options, out _));
        Assert.Equal(Path.GetFullPath("kept"), options.Data);
        Assert.Null(new AppHostOptions().Data);
    }

    [Theory]
    [InlineData("--data")]
    [InlineData("--port-base", "80")]
    [InlineData("--port-base")]
    [InlineData("--replicas", "postgres=2")]
    [InlineData("--replicas", "token=0")]
    [InlineData("--replicas", "token=1,token=2")]
    [InlineData("--replicas", "")]
    [InlineData("--seed")]
    public void CommandLine_WithAMistake_IsRefusedWithAnExplanation(params string[] args)
    {
        Assert.False(AppHostOptions.TryParse(args, out _, out var message));
        Assert.Contains("--", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Defaults_AreTheAddressesOfTheDesign()
    {
        var ports = new AppHostOptions().Ports;
        Assert.Equal([8700, 8701, 8702, 8703, 8704, 8705], [ports.Orders, ports.Mcp, ports.Team, ports.Dashboard, ports.BrowserOnly, ports.Console]);
    }
}
