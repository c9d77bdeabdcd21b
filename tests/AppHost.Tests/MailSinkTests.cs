using System.Net;
using System.Net.Mail;
using System.Net.Sockets;
using System.Text;
using ManagedOAuth.AppHost.Mail;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace ManagedOAuth.AppHost.Tests;

public sealed class MailSinkTests : IAsyncLifetime
{
    private readonly Mailbox _mailbox = new();
    private readonly SmtpSinkAddress _address = new(FreePort.Next());
    private SmtpSink _sink = null!;

    public Task InitializeAsync() => (_sink = new SmtpSink(_address, _mailbox, TimeProvider.System, NullLogger<SmtpSink>.Instance)).StartAsync(CancellationToken.None);

    public async Task DisposeAsync()
    {
        await _sink.StopAsync(CancellationToken.None);
        _sink.Dispose();
    }

    [Theory]
    [InlineData("Your code is 482913", "Your code is 482913", "482913")]
    [InlineData("Ihr Code für Zugang", "Ünïcode 00112233\nand a long line " + "that goes on and on and on and on and on and on and on and on and on and on", "00112233")]
    [InlineData("Name", "You sign in to Orders 111111.\n\nYour code is 222222\n\nIt is valid for 10 minutes.", "222222")]
    [InlineData("Hello", "No code, 12345 is too short and a-1234567 is none.", null)]
    public async Task Message_FromAMailClient_ArrivesDecodedWithItsPin(string subject, string text, string? pin)
    {
        using (var client = new SmtpClient("127.0.0.1", _address.Port))
        {
            using var message = new MailMessage("no-reply@localhost", "user@example.com", subject, text) { BodyEncoding = Encoding.UTF8, SubjectEncoding = Encoding.UTF8 };
            await client.SendMailAsync(message);
        }

        var mail = Assert.Single(_mailbox.Find("USER@example.com"));
        Assert.Equal((subject, pin), (mail.Subject, mail.Pin));
        Assert.Equal(text, mail.Text.ReplaceLineEndings("\n").TrimEnd());
        Assert.Empty(_mailbox.Find("other@example.com"));
    }

    [Fact]
    public async Task Message_WithAnHtmlPart_ShowsThePlainOne()
    {
        using (var client = new SmtpClient("127.0.0.1", _address.Port))
        {
            using var message = new MailMessage("a@localhost", "user@example.com", "two parts", "Code: 654321");
            message.AlternateViews.Add(AlternateView.CreateAlternateViewFromString("<p style='color:#112233'>Code: <b>654321</b></p>", Encoding.UTF8, "text/html"));
            await client.SendMailAsync(message);
        }

        Assert.Equal("Code: 654321", Assert.Single(_mailbox.Find()).Text.Trim());
    }

    [Fact]
    public async Task Line_ThatBeginsWithADot_ArrivesWithoutTheExtraDot()
    {
        Assert.Equal("250", await TalkAsync("EHLO x", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "Subject: dots\r\n\r\n..hidden\r\n..\r\nend\r\n."));

        Assert.Equal(".hidden\r\n.\r\nend\r\n", Assert.Single(_mailbox.Find()).Text);
    }

    [Theory]
    [InlineData("503", "MAIL FROM:<a@b>")]
    [InlineData("503", "EHLO x", "RCPT TO:<c@d>")]
    [InlineData("503", "EHLO x", "MAIL FROM:<a@b>", "DATA")]
    [InlineData("501", "EHLO x", "MAIL FROM:a@b")]
    [InlineData("501", "EHLO x", "MAIL FROM:<a@b>", "RCPT TO:<>")]
    [InlineData("500", "STARTTLS")]
    [InlineData("250", "EHLO x", "MAIL FROM:<> SIZE=100", "RCPT TO:<c@d>", "RSET")]
    [InlineData("221", "QUIT")]
    public async Task Command_OutOfOrderOrUnknown_IsAnsweredByTheBook(string code, params string[] commands) => Assert.Equal(code, await TalkAsync(commands));

    [Fact]
    public async Task Message_ThatIsTooLarge_IsRefusedAndTheNextOneTaken()
    {
        var lines = string.Join("\r\n", Enumerable.Repeat(new string('x', 1000), 300));

        Assert.Equal("552", await TalkAsync("EHLO x", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", lines + "\r\n."));
        Assert.Equal("250", await TalkAsync("EHLO x", "MAIL FROM:<a@b>", "RCPT TO:<c@d>", "DATA", "small\r\n."));
        Assert.Single(_mailbox.Find());
    }

    [Theory]
    [InlineData("Subject: x\r\n\r\nbody\n.\nMAIL FROM:<evil@x>\r\n")] // smuggling by a bare LF
    [InlineData("Subject: x\r\n\r\nbody\r.\r\n")]
    [InlineData("Subject: x\0y\r\n.\r\n")]
    public async Task Line_WithoutCrLf_EndsTheConnectionAndTheMessage(string data)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n" + data));

        using var reader = new StreamReader(stream);
        await Eventually.Async(async () =>
        {
            try
            {
                return await reader.ReadLineAsync() is null;
            }
            catch (IOException)
            {
                return true; // reset
            }
        });
        Assert.Empty(_mailbox.Find());
    }

    [Fact]
    public async Task Recipients_BeyondTheLimit_AreRefused()
    {
        var recipients = Enumerable.Range(0, SmtpSession.MaxRecipients + 1).Select(n => $"RCPT TO:<u{n}@example.com>");
        Assert.Equal("452", await TalkAsync(["EHLO x", "MAIL FROM:<a@b>", .. recipients]));
    }

    [Fact]
    public void Mailbox_WhenFull_ForgetsTheOldestAndShowsTheNewestFirst()
    {
        for (var i = 0; i <= Mailbox.Capacity; i++)
        {
            _mailbox.Add(new ReceivedMail("a@b", $"{i}", "", null, DateTimeOffset.UnixEpoch));
        }
        Assert.Equal(Mailbox.Capacity, _mailbox.Find().Count);
        Assert.Equal($"{Mailbox.Capacity}", _mailbox.Find()[0].Subject);
        Assert.Equal("1", _mailbox.Find()[^1].Subject);
    }

    /// <summary>Sends the commands one after the other and returns the code of the last answer.</summary>
    private async Task<string> TalkAsync(params string[] commands)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, _address.Port);
        using var reader = new StreamReader(client.GetStream());
        var code = await AnswerAsync(reader);
        foreach (var command in commands)
        {
            await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(command + "\r\n"));
            code = await AnswerAsync(reader);
        }
        return code;
    }

    private static async Task<string> AnswerAsync(StreamReader reader)
    {
        while (true)
        {
            var line = await reader.ReadLineAsync().WaitAsync(Eventually.DefaultDeadline) ?? throw new IOException("closed");
            if (line.Length < 4 || line[3] != '-')
            {
                return line[..3];
            }
        }
    }
}
