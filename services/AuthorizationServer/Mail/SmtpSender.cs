using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.AuthorizationServer.Mail;

/// <summary>Hands a mail to the configured server: one connection per mail, fifteen seconds for all of it.</summary>
public sealed class SmtpSender(IOptions<SmtpOptions> options, TimeProvider clock)
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(15);
    private readonly SmtpOptions _options = options.Value;

    /// <summary>Sends the mail.</summary>
    /// <exception cref="SmtpException">The server refused.</exception>
    /// <exception cref="IOException">The connection broke.</exception>
    /// <exception cref="OperationCanceledException">It took too long, or was cancelled.</exception>
    public async Task SendAsync(OutgoingMail mail, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(mail);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(s_deadline);
        var stop = deadline.Token;

        await using var server = await SmtpConnection.OpenAsync(_options.Host, _options.Port, stop);
        await GreetAsync(server, stop);
        await server.CommandAsync($"MAIL FROM:<{_options.From}>", "MAIL", stop, 250);
        await server.CommandAsync($"RCPT TO:<{mail.To}>", "RCPT", stop, 250, 251);
        await server.CommandAsync("DATA", "DATA", stop, 354);
        await server.SendAsync(MessageOf(mail), stop);
        await server.ExpectAsync("message", stop, 250);

        try
        {
            await server.SendAsync("QUIT\r\n", stop);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // Protects the user from a second mail: this one is accepted, however the goodbye went.
        }
    }

    private async Task GreetAsync(SmtpConnection server, CancellationToken cancellation)
    {
        var secure = _options.Security == SmtpSecurity.Tls;
        if (secure)
        {
            await server.UpgradeAsync(_options.Host, cancellation);
        }

        await server.ExpectAsync("greeting", cancellation, 220);
        var offers = await server.CommandAsync("EHLO managedoauth", "EHLO", cancellation, 250);
        var offersTls = offers.Contains("STARTTLS", StringComparison.OrdinalIgnoreCase);
        if (_options.Security == SmtpSecurity.StartTls || (_options.Security == SmtpSecurity.Auto && offersTls))
        {
            await server.CommandAsync("STARTTLS", "STARTTLS", cancellation, 220);
            await server.UpgradeAsync(_options.Host, cancellation);
            await server.CommandAsync("EHLO managedoauth", "EHLO", cancellation, 250);
            secure = true;
        }

        if (_options.UserName.Length == 0)
        {
            return;
        }

        if (!secure)
        {
            throw new SmtpException("The server offers no TLS, so the password is not sent.", isPermanent: true);
        }

        var password = (await File.ReadAllTextAsync(_options.PasswordFile, cancellation)).Trim();
        var credentials = Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{_options.UserName}\0{password}"));
        await server.CommandAsync("AUTH PLAIN " + credentials, "AUTH", cancellation, 235);
    }

    // Header values are our own or cleaned: a line end in one of them would add headers.
    private string MessageOf(OutgoingMail mail)
    {
        var now = clock.GetUtcNow();
        var id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var domain = _options.From[(_options.From.LastIndexOf('@') + 1)..];
        var message = new StringBuilder()
            .Append("From: ").Append(Header(_options.FromName)).Append(" <").Append(_options.From).Append(">\r\n")
            .Append("To: <").Append(mail.To).Append(">\r\n")
            .Append("Subject: ").Append(Header(mail.Subject)).Append("\r\n")
            .Append("Date: ").Append(now.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture)).Append("\r\n")
            .Append("Message-ID: <").Append(id).Append('@').Append(domain).Append(">\r\n")
            .Append("Auto-Submitted: auto-generated\r\n")
            .Append("MIME-Version: 1.0\r\n")
            .Append("Content-Type: text/plain; charset=utf-8\r\n")
            .Append("Content-Transfer-Encoding: 8bit\r\n\r\n");
        foreach (var line in mail.Text.ReplaceLineEndings("\n").Split('\n'))
        {
            // A line that begins with a dot gets another one (RFC 5321 §4.5.2).
            message.Append(line.StartsWith('.') ? "." : "").Append(line).Append("\r\n");
        }

        return message.Append(".\r\n").ToString();
    }

    private static string Header(string text)
    {
        var clean = Http.DisplayText.Clean(text, 120);
        return clean.All(c => c is >= ' ' and < '\x7f' and not ('<' or '>' or '"' or ',' or '@'))
            ? clean
            : $"=?utf-8?B?{Convert.ToBase64String(Encoding.UTF8.GetBytes(clean))}?=";
    }
}
