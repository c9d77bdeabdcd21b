namespace ManagedOAuth.AuthorizationServer.Mail;

/// <summary>The mail server refused, or did not speak SMTP.</summary>
public sealed class SmtpException : Exception
{
    /// <summary>With what it answered.</summary>
    /// <param name="message">The step and the server's code.</param>
    /// <param name="isPermanent">The same mail will be refused again (5xx).</param>
    public SmtpException(string message, bool isPermanent)
        : base(message) => IsPermanent = isPermanent;

    /// <summary>True when another attempt is of no use.</summary>
    public bool IsPermanent { get; }
}
