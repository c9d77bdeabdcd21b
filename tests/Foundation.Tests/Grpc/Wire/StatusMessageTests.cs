using Grpc.Wire;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Wire;

public sealed class StatusMessageTests
{
    [Theory]
    [InlineData("", "")]
    [InlineData("plain ~ text", "plain ~ text")]
    [InlineData("100 %", "100 %25")]
    [InlineData("line\r\nbreak", "line%0D%0Abreak")]
    [InlineData("grün", "gr%C3%BCn")]
    [InlineData("\U0001F600", "%F0%9F%98%80")]
    public void EncodeThenDecode_Message_IsTheSame(string message, string encoded)
    {
        Assert.Equal(encoded, StatusMessage.Encode(message));
        Assert.Equal(message, StatusMessage.Decode(encoded));
    }

    [Fact]
    public void Encode_UnpairedSurrogate_IsReplaced() => Assert.Equal("%EF%BF%BD", StatusMessage.Encode("\ud800"));

    [Theory]
    [InlineData("50%")]
    [InlineData("%zz")]
    [InlineData("%F")]
    public void Decode_NoEscape_IsLeftAsItIs(string text) => Assert.Equal(text, StatusMessage.Decode(text));
}
