using ManagedOAuth.AuthorizationServer.Mail;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.AuthorizationServer.Tests.Mail;

public sealed class SmtpSenderTests
{
    private static readonly OutgoingMail s_mail = new("a@example.com", "Grüße\r\nBcc: x@example.com", "one\n.two\nthree", DateTimeOffset.MaxValue);

    [Fact]
    public async Task Send_PlainServer_DeliversTheMailUnchanged()
    {
        await using var sink = new MailSink();
        await Sender(sink).SendAsync(s_mail, default);
        var (to, message) = Assert.Single(sink.Mails);
        Assert.Equal("a@example.com", to);
        Assert.EndsWith("\r\n\r\none\r\n.two\r\nthree\r\n", message);
        Assert.Contains("From: =?utf-8?B?", message);
        Assert.Contains("Subject: =?utf-8?B?", message);
        Assert.DoesNotContain("\r\nBcc:", message);
        Assert.Contains("Auto-Submitted: auto-generated\r\n", message);
    }

    [Theory]
    [InlineData("550 no such user", true)]
    [InlineData("451 later", false)]
    [InlineData("hello", false)]
    public async Task Send_RecipientRefused_TellsWhetherForGood(string answer, bool permanent)
    {
        await using var sink = new MailSink { Answer = line => line.StartsWith("RCPT", StringComparison.Ordinal) ? answer : null };
        var refused = await Assert.ThrowsAsync<SmtpException>(() => Sender(sink).SendAsync(s_mail, default));
        Assert.Equal(permanent, refused.IsPermanent);
        Assert.DoesNotContain("example.com", refused.Message);
        Assert.Empty(sink.Mails);
    }

    [Fact]
    public async Task Send_TlsDemandedAndNotOffered_SendsNothing()
    {
        await using var sink = new MailSink { Answer = line => line == "STARTTLS" ? "502 not here" : null };
        await Assert.ThrowsAsync<SmtpException>(() => Sender(sink, options => options.Security = SmtpSecurity.StartTls).SendAsync(s_mail, default));
        Assert.DoesNotContain(sink.Commands, command => command.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Send_PasswordWithoutTls_IsNotSent()
    {
        await using var sink = new MailSink();
        var sender = Sender(sink, options => (options.UserName, options.PasswordFile) = ("user", "/nonexistent"));
        Assert.True((await Assert.ThrowsAsync<SmtpException>(() => sender.SendAsync(s_mail, default))).IsPermanent);
        Assert.DoesNotContain(sink.Commands, command => command.StartsWith("AUTH", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", 25, "a@b.test", "Smtp:Host")]
    [InlineData("h", 0, "a@b.test", "Smtp:Port")]
    [InlineData("h", 25, "nobody", "Smtp:From")]
    public void Options_ThatCannotWork_RefuseTheStart(string host, int port, string from, string problem)
    {
        var result = new SmtpOptionsValidator().Validate(null, new SmtpOptions { Host = host, Port = port, From = from });
        Assert.Contains(problem, result.FailureMessage);
    }

    private static SmtpSender Sender(MailSink sink, Action<SmtpOptions>? change = null)
    {
        var options = new SmtpOptions { Host = "127.0.0.1", Port = sink.Port, From = "login@team.test", FromName = "Tür" };
        change?.Invoke(options);
        return new SmtpSender(Options.Create(options), TimeProvider.System);
    }
}
