using System.Security.Authentication;
using ManagedOAuth.AuthorizationServer.Mail;
using ManagedOAuth.AuthorizationServer.Tests.Support;
using ManagedOAuth.Testing;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.AuthorizationServer.Tests.Mail;

/// <summary>Mail to a relay on the internet: under TLS, with a login.</summary>
public sealed class SmtpTlsTests
{
    private static readonly OutgoingMail s_mail = new("a@example.com", "Your code", "Your code is 123456\n.\nend", DateTimeOffset.MaxValue);

    [Theory]
    [InlineData(SmtpSecurity.Auto)]
    [InlineData(SmtpSecurity.StartTls)]
    [InlineData(SmtpSecurity.Tls)]
    public async Task Mail_GoesUnderTls_InTheNameOfTheUser(SmtpSecurity security)
    {
        await using var server = await NodeMailServer.StartAsync(isTlsFromTheFirstByte: security == SmtpSecurity.Tls);
        await SendAsync(server, security, NodeMailServer.Password);
        await Eventually.Async(() => server.Mails.Count == 1);
        var mail = server.Mails[0];
        Assert.Equal(("a@example.com", NodeMailServer.User, true), (mail.GetProperty("to")[0].GetString(), mail.GetProperty("user").GetString(), mail.GetProperty("secure").GetBoolean()));
        Assert.EndsWith("\r\n\r\nYour code is 123456\r\n.\r\nend\r\n", mail.GetProperty("text").GetString());
        var login = Assert.Single(server.Logins);
        Assert.Equal(("PLAIN", true), (login.GetProperty("method").GetString(), login.GetProperty("secure").GetBoolean()));
    }

    [Fact]
    public async Task WrongPassword_IsForGood_AndNothingIsSent()
    {
        await using var server = await NodeMailServer.StartAsync();
        var refused = await Assert.ThrowsAsync<SmtpException>(() => SendAsync(server, SmtpSecurity.StartTls, "a wrong one"));
        Assert.True(refused.IsPermanent);
        Assert.DoesNotContain("wrong one", refused.Message);
        Assert.Empty(server.Mails);
    }

    [Theory]
    [InlineData("localhost", false, SmtpSecurity.Auto)]
    [InlineData("localhost", false, SmtpSecurity.Tls)]
    [InlineData("elsewhere.test", true, SmtpSecurity.StartTls)]
    [InlineData("elsewhere.test", true, SmtpSecurity.Tls)]
    public async Task Certificate_OfAnotherHost_OrOfAnUnknownAuthority_EndsIt_BeforeThePasswordIsSent(string host, bool isTrusted, SmtpSecurity security)
    {
        await using var server = await NodeMailServer.StartAsync(host, isTrusted, isTlsFromTheFirstByte: security == SmtpSecurity.Tls);
        await Assert.ThrowsAsync<AuthenticationException>(() => SendAsync(server, security, NodeMailServer.Password));
        Assert.Empty(server.Logins);
        Assert.Empty(server.Mails);
    }

    private static async Task SendAsync(NodeMailServer server, SmtpSecurity security, string password)
    {
        var file = Path.Combine(TemporaryFolder.Create("smtp"), "password");
        await File.WriteAllTextAsync(file, password + "\n");
        var options = new SmtpOptions { Host = "localhost", Port = server.Port, From = "login@team.test", Security = security, UserName = NodeMailServer.User, PasswordFile = file };
        await new SmtpSender(Options.Create(options), TimeProvider.System).SendAsync(s_mail, default);
    }
}
