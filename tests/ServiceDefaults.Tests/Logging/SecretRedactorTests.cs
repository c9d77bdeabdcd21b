using ManagedOAuth.ServiceDefaults.Logging;

namespace ManagedOAuth.ServiceDefaults.Tests.Logging;

public class SecretRedactorTests
{
    private const string Jwt = "eyJhbGciOiJFUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJlLXNpZ25hdHVyZQ";

    [Theory]
    [InlineData("mo_at_AbC-123_xyzAbC123xyz", "mo_at_[redacted]")]
    [InlineData("refresh_token=mo_rt_0123456789abcdef.0123 failed", "refresh_token=mo_rt_[redacted] failed")]
    [InlineData("code%3Dmo_ac_0123456789abcdef", "code%3Dmo_ac_[redacted]")]
    [InlineData("mo_st_0123456789abcdef, mo_at_0123456789abcdef", "mo_st_[redacted], mo_at_[redacted]")]
    [InlineData("the future mo_pin_0123456789abcdef too", "the future mo_pin_[redacted] too")]
    [InlineData("ends a sentence with mo_at_0123456789abcdef.", "ends a sentence with mo_at_[redacted].")]
    public void Redact_OwnSecret_KeepsOnlyItsPrefix(string text, string expected) =>
        Assert.Equal(expected, SecretRedactor.Redact(text));

    [Theory]
    [InlineData("Bearer " + Jwt, "Bearer [redacted]")]
    [InlineData("(" + Jwt + ")", "([redacted])")]
    [InlineData("cut eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9", "cut [redacted]")]
    [InlineData("eyJhbGciOiJkaXIiLCJlbmMiOiJBIn0..aXYtaXYtaXY.Y2lwaGVy.dGFn", "[redacted]")]
    [InlineData(Jwt + " " + Jwt, "[redacted] [redacted]")]
    public void Redact_Jwt_HidesIt(string text, string expected) =>
        Assert.Equal(expected, SecretRedactor.Redact(text));

    [Theory]
    [InlineData("nothing here")]
    [InlineData("demo_app_name is short")]
    [InlineData("mo_ alone, mo_at_ alone, eyJ alone")]
    [InlineData("mt_doc_mo_grant")]
    [InlineData("")]
    [InlineData("mo_")]
    [InlineData("eyJ")]
    public void Redact_NothingSecret_ReturnsTheSameInstance(string text) =>
        Assert.Same(text, SecretRedactor.Redact(text));

    [Fact]
    public void Redact_SecretAmongLookalikes_FindsEachOfThem()
    {
        var text = "mo_ eyJ mo_at_ " + Jwt + " mo_mo_at_0123456789abcdef eyJmo_rt_0123456789abcdef";
        var safe = SecretRedactor.Redact(text);
        Assert.DoesNotContain("0123456789", safe, StringComparison.Ordinal);
        Assert.DoesNotContain("eyJzdWIi", safe, StringComparison.Ordinal);
    }

    [Fact]
    public void Line_SecretAtTheCut_IsStillRedacted()
    {
        var line = LogText.Line(new string('x', 4090) + " mo_rt_0123456789abcdef0123456789", 4100);
        Assert.DoesNotContain("012345", line, StringComparison.Ordinal);
    }

    [Fact]
    public void Line_ControlCharacters_AreEscaped()
    {
        Assert.Equal("a\\nb\\rc\\td\\u001b[31m\\u2028", LogText.Line("a\nb\rc\td\u001b[31m\u2028"));
    }
}
