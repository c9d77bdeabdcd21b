using ManagedOAuth.AuthorizationServer.Mail;

namespace ManagedOAuth.AuthorizationServer.Pin;

/// <summary>The mail with a PIN.</summary>
public static class PinMail
{
    /// <summary>The mail; the PIN stands on a line of its own.</summary>
    public static OutgoingMail For(string email, string pin, string applicationName, DateTimeOffset now, DateTimeOffset validUntil)
    {
        var minutes = Math.Max(1, (int)Math.Round((validUntil - now).TotalMinutes));
        var text = $"""
            Somebody, probably you, is signing in to {Http.DisplayText.Clean(applicationName, 100)}.

            Your code is {pin}

            It is valid for {minutes} minutes and can be used once, in the browser window that asked for it.
            If that was not you, ignore this mail: without the code nobody gets in. Never tell the code to anybody.
            """;
        return new OutgoingMail(email, "Your sign-in code", text, validUntil);
    }
}
