using Wolverine.Serialization;

namespace ManagedOAuth.Foundation.Tests.Messaging;

public sealed class MessageTypeNamesTests
{
    private readonly MessageTypeNames _names = new(new Dictionary<Type, string> { [typeof(Boom)] = "given" });

    [Theory]
    [InlineData("PolicyChanged", "policy_changed")]
    [InlineData("HTTPRequestSeen", "http_request_seen")]
    [InlineData("A", "a")]
    [InlineData("Grant2Opened", "grant2_opened")]
    [InlineData("Already_There", "already_there")]
    public void Name_OfRecord_IsSnakeCase(string name, string expected) => Assert.Equal(expected, MessageTypeNames.SnakeCase(name));

    [Fact]
    public void Name_WithAttribute_IsTheAttributes() => Assert.Equal("renamed", _names.NameOf(typeof(NamedByAttribute)));

    [Fact]
    public void Name_Registered_IsTheRegistered() => Assert.Equal("given", _names.NameOf(typeof(Boom)));

    [Fact]
    public void Name_OfGenericType_IsRefused() => Assert.Throws<InvalidOperationException>(() => _names.NameOf(typeof(List<string>)));
}
