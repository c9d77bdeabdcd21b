using ManagedOAuth.Contracts.Policies;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.AuthorizationServer.Mail;

/// <summary>The mail server; section <c>Smtp</c>.</summary>
public sealed class SmtpOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Smtp";

    /// <summary>Host name or address. Required.</summary>
    public string Host { get; set; } = "";

    /// <summary>Default 587 (submission).</summary>
    public int Port { get; set; } = 587;

    /// <summary>The sender's address. Required.</summary>
    public string From { get; set; } = "";

    /// <summary>The sender's name.</summary>
    public string FromName { get; set; } = "Sign-in";

    /// <summary>Default <see cref="SmtpSecurity.Auto"/>.</summary>
    public SmtpSecurity Security { get; set; } = SmtpSecurity.Auto;

    /// <summary>Empty = the server wants no authentication.</summary>
    public string UserName { get; set; } = "";

    /// <summary>File that holds the password.</summary>
    public string PasswordFile { get; set; } = "";
}

/// <summary>How the connection to the mail server is protected.</summary>
public enum SmtpSecurity
{
    /// <summary>STARTTLS when the server offers it. A password is never sent without TLS.</summary>
    Auto,

    /// <summary>No TLS: a server on this machine.</summary>
    None,

    /// <summary>STARTTLS, or no mail.</summary>
    StartTls,

    /// <summary>TLS from the first byte (port 465).</summary>
    Tls,
}

/// <summary>Refuses a start with settings that cannot work.</summary>
internal sealed class SmtpOptionsValidator : IValidateOptions<SmtpOptions>
{
    public ValidateOptionsResult Validate(string? name, SmtpOptions options)
    {
        var problems = new List<string>();
        if (string.IsNullOrWhiteSpace(options.Host))
        {
            problems.Add("Smtp:Host is missing: without a mail server nobody can log in by one-time PIN.");
        }

        if (options.Port is < 1 or > 65535)
        {
            problems.Add($"Smtp:Port is {options.Port}; it must be between 1 and 65535.");
        }

        if (!EmailAddress.TryNormalize(options.From, out _))
        {
            problems.Add($"Smtp:From is '{options.From}'; it must be an address such as login@example.com.");
        }

        if (options.UserName.Length > 0 != options.PasswordFile.Length > 0)
        {
            problems.Add("Smtp:UserName and Smtp:PasswordFile belong together.");
        }

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
