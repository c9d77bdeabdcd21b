using ManagedOAuth.Edge.Challenges;
using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Tests.Routing;

namespace ManagedOAuth.Edge.Tests.Challenges;

public class BearerChallengeTests
{
    [Fact]
    public void WithoutCredential_NamesTheMetadataAndNoError()
        => Assert.Equal("Bearer resource_metadata=\"https://a.test/.well-known/oauth-protected-resource\"", For(CredentialProblem.Missing));

    [Theory]
    [InlineData(nameof(CredentialProblem.Invalid), "invalid_token")]
    [InlineData(nameof(CredentialProblem.Expired), "invalid_token")]
    [InlineData(nameof(CredentialProblem.Revoked), "invalid_token")]
    [InlineData(nameof(CredentialProblem.Malformed), "invalid_request")]
    public void WithABadCredential_SaysWhichKindOfError(string problem, string error)
        => Assert.Contains($"error=\"{error}\"", For(Enum.Parse<CredentialProblem>(problem)), StringComparison.Ordinal);

    [Fact]
    public void EveryChallenge_IsBearerAlone_WithOnlyAllowedCharactersAndNoCommaInsideQuotes()
    {
        foreach (var problem in Enum.GetValues<CredentialProblem>())
        {
            var challenge = For(problem);
            Assert.StartsWith("Bearer ", challenge, StringComparison.Ordinal);
            var quoted = challenge.Split('"').Where((_, index) => index % 2 == 1).ToList();
            Assert.All(quoted, value => Assert.DoesNotMatch("[^\\x20\\x21\\x23-\\x5b\\x5d-\\x7e]|,", value));
            Assert.Equal(challenge.Split(", ").Length, quoted.Count);
        }
    }

    private static string For(CredentialProblem problem) => BearerChallenge.For(RouteTableTests.Root(RouteTableTests.Build(RouteTableTests.App("a.test")), "a.test"), problem);
}
