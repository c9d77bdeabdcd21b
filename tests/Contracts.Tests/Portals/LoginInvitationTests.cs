using ManagedOAuth.Contracts.Portals;

namespace ManagedOAuth.Contracts.Tests.Portals;

public sealed class LoginInvitationTests
{
    private static readonly Guid s_user = Guid.NewGuid();

    [Fact]
    public void Invitation_IsForItsUserAlone()
    {
        var id = LoginInvitation.Of("4bf92f3577b34da6a3ce929d0e0e4736", s_user);
        Assert.False(LoginInvitation.IsForAnother(id, s_user));
        Assert.True(LoginInvitation.IsForAnother(id, Guid.NewGuid()));
    }

    // What AuthorizationServer gives itself are 43 characters of base64url, and 32 of them may stand behind a hyphen.
    [Theory]
    [InlineData("0123456789-abcdefghijklmnopqrstuvwxyz012345")]
    [InlineData("4bf92f3577b34da6a3ce929d0e0e4736")]
    [InlineData("")]
    public void IdThatIsBoundToNobody_IsForAnybody(string id) => Assert.False(LoginInvitation.IsForAnother(id, s_user));
}
