using Grpc.Wire;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Wire;

public sealed class GrpcTimeoutTests
{
    [Theory]
    [InlineData(-1, "1n")]
    [InlineData(0, "1n")]
    [InlineData(1, "1m")]
    [InlineData(1500, "1500m")]
    [InlineData(5000, "5S")]
    [InlineData(99_999_999, "99999999m")]
    [InlineData(100_000_001, "100001S")]
    public void Encode_Milliseconds_ShortestFormRoundedUp(long milliseconds, string expected) =>
        Assert.Equal(expected, GrpcTimeout.Encode(TimeSpan.FromMilliseconds(milliseconds)));

    [Fact]
    public void Encode_PartOfAMillisecond_RoundsUp() => Assert.Equal("2m", GrpcTimeout.Encode(TimeSpan.FromTicks(10_001)));

    [Fact]
    public void Encode_VeryLong_IsClampedToEightDigits() => Assert.Equal("99999999S", GrpcTimeout.Encode(TimeSpan.MaxValue));

    [Theory]
    [InlineData("1H", 3_600_000)]
    [InlineData("2M", 120_000)]
    [InlineData("3S", 3_000)]
    [InlineData("4m", 4)]
    [InlineData("5000u", 5)]
    [InlineData("6000000n", 6)]
    public void Decode_EachUnit_IsUnderstood(string header, long milliseconds)
    {
        Assert.True(GrpcTimeout.TryDecode(header, out var timeout));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), timeout);
    }

    [Fact]
    public void Decode_OneNanosecond_IsNotZero()
    {
        Assert.True(GrpcTimeout.TryDecode("1n", out var timeout));
        Assert.True(timeout > TimeSpan.Zero);
    }

    [Fact]
    public void Decode_TooLong_IsClamped()
    {
        Assert.True(GrpcTimeout.TryDecode("99999999H", out var timeout));
        Assert.Equal(GrpcTimeout.Max, timeout);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("S")]
    [InlineData("1")]
    [InlineData("0S")]
    [InlineData("-1S")]
    [InlineData("+1S")]
    [InlineData("1.5S")]
    [InlineData(" 1S")]
    [InlineData("1s")]
    [InlineData("1X")]
    [InlineData("123456789S")]
    public void Decode_Malformed_IsRefused(string? header) => Assert.False(GrpcTimeout.TryDecode(header, out _));
}
