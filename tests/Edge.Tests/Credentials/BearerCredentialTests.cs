using ManagedOAuth.Edge.Credentials;

namespace ManagedOAuth.Edge.Tests.Credentials;

public class BearerCredentialTests
{
    [Theory]
    [InlineData(null, nameof(BearerForm.Absent))]
    [InlineData("", nameof(BearerForm.Absent))]
    [InlineData("Bearer", nameof(BearerForm.Absent))]
    [InlineData("Bearer ", nameof(BearerForm.Absent))]
    [InlineData("Basic dTpw", nameof(BearerForm.OtherScheme))]
    [InlineData("Bearerx mo_at_a", nameof(BearerForm.OtherScheme))]
    [InlineData("Bearer a b", nameof(BearerForm.Malformed))]
    [InlineData("Bearer mo_at_a,Bearer mo_at_b", nameof(BearerForm.Malformed))]
    [InlineData("Bearer \"mo_at_a\"", nameof(BearerForm.Malformed))]
    [InlineData("Bearer eyJ.a.b", nameof(BearerForm.Foreign))]
    [InlineData("Bearer mo_at_a", nameof(BearerForm.Ours))]
    [InlineData("bearer mo_at_a", nameof(BearerForm.Ours))]
    [InlineData("BEARER   mo_at_a", nameof(BearerForm.Ours))]
    public void Authorization_IsReadAsOneForm(string? header, string form)
        => Assert.Equal(form, BearerCredential.Read(header, out _).ToString());

    [Fact]
    public void Token_IsEverythingAfterTheSpaces()
    {
        BearerCredential.Read("Bearer  mo_at_abc== ", out var token);
        Assert.Equal("mo_at_abc==", token.ToString());
    }
}
