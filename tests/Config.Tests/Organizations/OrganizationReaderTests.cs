using System.Text.Json;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Organizations;

namespace ManagedOAuth.Config.Tests.Organizations;

public sealed class OrganizationReaderTests
{
    [Theory]
    [InlineData("team.example.com", "https://team.example.com")]
    [InlineData("https://team.example.com/", "https://team.example.com")]
    [InlineData("localhost:8702", "http://localhost:8702")]
    [InlineData("http://localhost:8702", "http://localhost:8702")]
    [InlineData("http://[::1]:8702", "http://[::1]:8702")]
    [InlineData("https://localhost:8702", "https://localhost:8702")]
    public void Read_AuthDomain_IsAnOrigin(string text, string origin)
        => Assert.Equal(origin, OrganizationReader.Read(Body(text, out var errors), null) is var read && errors.Count == 0 ? read.AuthDomain : string.Join(';', errors));

    [Theory]
    [InlineData("http://team.example.com")]
    [InlineData("https://team.example.com/path")]
    [InlineData("https://u:p@team.example.com")]
    [InlineData("ftp://team.example.com")]
    [InlineData("team example")]
    public void Read_AuthDomainThatIsNone_IsRefused(string text)
    {
        OrganizationReader.Read(Body(text, out var errors), null);
        Assert.Equal("/auth_domain", Assert.Single(errors).Source!.Pointer);
    }

    private static BodyReader Body(string authDomain, out List<ApiError> errors)
    {
        errors = [];
        return new BodyReader(JsonDocument.Parse($$"""{"name":"Team","auth_domain":"{{authDomain}}"}""").RootElement, errors);
    }
}
