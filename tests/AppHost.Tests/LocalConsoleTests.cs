using System.Net;
using System.Text.RegularExpressions;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using ManagedOAuth.AppHost.LocalConsole;
using ManagedOAuth.AppHost.Mail;
using ManagedOAuth.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace ManagedOAuth.AppHost.Tests;

public sealed class LocalConsoleTests : IAsyncLifetime
{
    private readonly AppHostOptions _options = new() { Ports = new LocalPorts(FreePort.Next() - 5) };
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false });
    private DistributedApplication _app = null!;

    public async Task InitializeAsync()
    {
        var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions());
        builder.Services.AddSingleton(_options).AddSingleton<Mailbox>();
        builder.Services.AddLocalConsole();
        builder.AddExecutable("sleeper", "sh", "/", "-c", "echo 'hello <script>'; exec sleep 1000").WithUrl("http://localhost:1", "A & B");
        _app = builder.Build();
        _app.ResourceLogs.Output = TextWriter.Null;
        await _app.StartAsync();
        await _app.ResourceNotifications.WaitForResourceHealthyAsync("sleeper").WaitAsync(Eventually.DefaultDeadline);
        _client.BaseAddress = new Uri(LocalPorts.Url(_options.Ports.Console));
    }

    public Task DisposeAsync() => _app.DisposeAsync().AsTask();

    [Fact]
    public async Task Resources_AreShownAsPageAndAsJson()
    {
        var page = await _client.GetStringAsync("/");
        Assert.Contains("sleeper", page, StringComparison.Ordinal);
        Assert.Contains("A &amp; B", page, StringComparison.Ordinal);
        Assert.Contains("Running · Healthy", WebUtility.HtmlDecode(page), StringComparison.Ordinal);
        var json = await _client.GetStringAsync("/api/resources");
        Assert.Contains("\"id\":\"sleeper\"", json, StringComparison.Ordinal);
        Assert.Contains($"\"pid\":{_app.ResourceNotifications.Find("sleeper")!.ProcessId}", json, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Logs_AreShownAndEncoded()
    {
        await Eventually.Async(async () => (await _client.GetStringAsync("/resources/sleeper")).Contains("hello &lt;script&gt;", StringComparison.Ordinal));
        Assert.Contains("\"text\":", await _client.GetStringAsync("/api/resources/sleeper/logs"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetAsync("/resources/nobody")).StatusCode);
    }

    [Theory]
    [InlineData("evil.example:80")]
    [InlineData("localhost")]
    [InlineData("localhost.evil.example")]
    public async Task Host_ThatIsNotOurs_IsMisdirected(string host)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/mailbox") { Headers = { Host = host } };
        Assert.Equal(HttpStatusCode.MisdirectedRequest, (await _client.SendAsync(request)).StatusCode);
    }

    [Fact]
    public async Task Restart_WithThePagesToken_StartsANewProcess()
    {
        var before = _app.ResourceNotifications.Find("sleeper")!.ProcessId;
        var token = Regex.Match(await _client.GetStringAsync("/"), "name=\"token\" value=\"([0-9a-f]+)\"").Groups[1].Value;

        using var answer = await RestartAsync(token, LocalPorts.Url(_options.Ports.Console));

        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        await Eventually.Async(() => _app.ResourceNotifications.Find("sleeper") is { ProcessId: { } now } && now != before);
    }

    [Fact]
    public async Task Restart_FromAnotherPage_IsRefused()
    {
        var token = Regex.Match(await _client.GetStringAsync("/"), "name=\"token\" value=\"([0-9a-f]+)\"").Groups[1].Value;

        Assert.Equal(HttpStatusCode.Forbidden, (await RestartAsync("guess", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await RestartAsync("", null)).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await RestartAsync(token, "http://localhost:8700")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await RestartAsync(token, "null")).StatusCode);
        Assert.Equal(0, _app.ResourceNotifications.Find("sleeper")!.Restarts);
    }

    [Fact]
    public async Task Mailbox_AsJson_HasExactlyTheAgreedFields()
    {
        var mailbox = _app.Services.GetRequiredService<Mailbox>();
        mailbox.Add(new ReceivedMail("a@example.com", "older", "text", "111111", DateTimeOffset.UnixEpoch));
        mailbox.Add(new ReceivedMail("a@example.com", "newer", "text", null, DateTimeOffset.UnixEpoch));
        mailbox.Add(new ReceivedMail("b@example.com", "other", "text", null, DateTimeOffset.UnixEpoch));

        var json = await _client.GetStringAsync("/api/mailbox?to=a@example.com");

        Assert.Equal("""[{"to":"a@example.com","subject":"newer","pin":null,"received_at":"1970-01-01T00:00:00+00:00"},{"to":"a@example.com","subject":"older","pin":"111111","received_at":"1970-01-01T00:00:00+00:00"}]""", json);
        Assert.Contains("111111", await _client.GetStringAsync("/mailbox"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Page_ForbidsScriptsAndFrames()
    {
        using var answer = await _client.GetAsync("/");
        var policy = Assert.Single(answer.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }

    private async Task<HttpResponseMessage> RestartAsync(string token, string? origin)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/resources/sleeper/restart") { Content = new FormUrlEncodedContent([new("token", token)]) };
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }
        return await _client.SendAsync(request);
    }
}
