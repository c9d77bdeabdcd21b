using ManagedOAuth.Edge.Credentials;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.Edge.Tests.Credentials;

public sealed class GrantUseReportsTests
{
    [Fact]
    public void Use_IsNotedOnceInFiveMinutes_AndNeverOfAServiceToken()
    {
        var clock = new Clock();
        using var uses = new GrantUseReports(null!, clock, NullLogger<GrantUseReports>.Instance);
        var credential = Credential(CredentialKind.AccessToken, Guid.NewGuid());
        uses.Note(credential);
        Assert.Equal([credential.GrantId], uses.Waiting);
        var noted = credential.UseNotedTicks;
        clock.Now += TimeSpan.FromMinutes(4);
        uses.Note(credential);
        Assert.Equal(noted, credential.UseNotedTicks);
        clock.Now += TimeSpan.FromMinutes(1);
        uses.Note(credential);
        Assert.Equal(clock.Now.UtcTicks, credential.UseNotedTicks);
        uses.Note(Credential(CredentialKind.ServiceToken, Guid.Empty));
        Assert.Single(uses.Waiting);
    }

    private static VerifiedCredential Credential(CredentialKind kind, Guid grant)
        => new() { Kind = kind, GrantId = grant, Audience = "", ExpiresAt = default, Assertion = "", Claims = new AssertionClaims() };

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = DateTimeOffset.UnixEpoch.AddYears(56);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
