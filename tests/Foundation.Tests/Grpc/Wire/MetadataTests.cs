using Grpc.Core;
using Grpc.Wire;

namespace ManagedOAuth.Foundation.Tests.GrpcTests.Wire;

public sealed class MetadataTests
{
    [Fact]
    public void Entry_UpperCaseKey_IsLowered() => Assert.Equal("x-name", new Metadata.Entry("X-Name", "v").Key);

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData("ü")]
    public void Entry_KeyWithOtherCharacters_IsRefused(string key) => Assert.Throws<ArgumentException>(() => new Metadata.Entry(key, "v"));

    [Fact]
    public void Entry_SuffixAndKindOfValueDiffer_IsRefused()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("x-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("x", [1]));
    }

    [Fact]
    public void Entry_Bytes_AreCopied()
    {
        byte[] bytes = [1, 2];
        var entry = new Metadata.Entry("x-bin", bytes);
        bytes[0] = 9;
        entry.ValueBytes[1] = 9;
        Assert.Equal([1, 2], entry.ValueBytes);
    }

    [Fact]
    public void Get_SeveralOfOneName_IsTheLastWhateverTheCase()
    {
        Metadata metadata = new() { { "a", "1" }, { "b", "2" }, { "a", "3" } };
        Assert.Equal("3", metadata.GetValue("A"));
        Assert.Equal(["1", "3"], metadata.GetAll("a").Select(e => e.Value));
        Assert.Null(metadata.Get("c"));
    }

    [Fact]
    public void Empty_Change_IsRefused() => Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add("a", "b"));

    [Theory]
    [InlineData("line\nbreak")]
    [InlineData("carriage\rreturn")]
    [InlineData("grün")]
    [InlineData("\0")]
    public void Encode_TextThatIsNotPrintableAscii_IsRefusedWithoutRepeatingIt(string value)
    {
        var error = Assert.Throws<ArgumentException>(() => MetadataCodec.Encode(new Metadata.Entry("x", value)));
        Assert.DoesNotContain(value, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("AQI")]
    [InlineData("AQI=")]
    public void Decode_Base64_PaddingIsOptional(string value)
    {
        var metadata = new Metadata();
        MetadataCodec.Decode(metadata, "X-Bin", value);
        Assert.Equal([1, 2], metadata.GetValueBytes("x-bin"));
    }

    [Fact]
    public void Decode_JoinedBinaryValues_AreTakenApart()
    {
        var metadata = new Metadata();
        MetadataCodec.Decode(metadata, "x-bin", "AQ,Ag==");
        Assert.Equal(2, metadata.Count);
    }

    [Fact]
    public void Decode_ProtocolHeadersAndForeignNames_AreLeftOut()
    {
        var metadata = new Metadata();
        foreach (var name in new[] { ":path", "te", "Content-Type", "grpc-timeout", "grpc-status", "x~y" })
        {
            MetadataCodec.Decode(metadata, name, "v");
        }

        Assert.Empty(metadata);
    }
}
