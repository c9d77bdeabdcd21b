namespace ManagedOAuth.AuthorizationServer.Mail;

/// <summary>A plain text mail.</summary>
/// <param name="To">A normalised address.</param>
/// <param name="Subject">One line.</param>
/// <param name="Text">Lines separated by line feeds.</param>
/// <param name="GiveUpAt">After this it is of no use any more.</param>
public sealed record OutgoingMail(string To, string Subject, string Text, DateTimeOffset GiveUpAt)
{
    /// <summary>Hides the text: a mail that is printed by accident shows no PIN.</summary>
    public override string ToString() => nameof(OutgoingMail);
}
