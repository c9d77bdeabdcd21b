using ManagedOAuth.Contracts.Durations;

namespace ManagedOAuth.Contracts.Tests;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("15m", 900)]
    [InlineData("336h", 336 * 3600)]
    [InlineData("1h30m", 5400)]
    [InlineData("2h45m10s", 9910)]
    [InlineData("1.5h", 5400)]
    [InlineData("0", 0)]
    [InlineData("0s", 0)]
    public void TryParse_ValidText_GivesSeconds(string text, int seconds)
    {
        Assert.True(GoDuration.TryParse(text, out var value));
        Assert.Equal(TimeSpan.FromSeconds(seconds), value);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-5m")]
    [InlineData("5")]
    [InlineData("5m5")]
    [InlineData("1e3h")]
    [InlineData("１５m")]
    [InlineData("24H")]
    [InlineData(" 5m")]
    [InlineData("5m ")]
    [InlineData("999999999999h")]
    [InlineData("m")]
    [InlineData("1.2.3h")]
    public void TryParse_InvalidText_IsRefused(string? text) => Assert.False(GoDuration.TryParse(text, out _));

    [Theory]
    [InlineData(5400, "1h30m")]
    [InlineData(900, "15m")]
    [InlineData(0, "0s")]
    [InlineData(86400, "24h")]
    public void Format_WritesLargestUnits(int seconds, string text) => Assert.Equal(text, GoDuration.Format(TimeSpan.FromSeconds(seconds)));
}
