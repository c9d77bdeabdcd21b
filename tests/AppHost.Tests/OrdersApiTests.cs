using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Testing;
using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.AppHost.Tests;

public sealed class OrdersApiTests(SamplesFixture samples) : IClassFixture<SamplesFixture>
{
    private const string Header = "Cf-Access-Jwt-Assertion";
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = samples.Orders };

    [Fact]
    public async Task Echo_OfARawTarget_ShowsItByteForByte()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(samples.Orders.Host, samples.Orders.Port);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("PUT /%41/./b%2Fc?q=%7e HTTP/1.1\r\nHost: app\r\nX-Two: 1\r\nX-Two: 2\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"));
        using var reader = new StreamReader(client.GetStream());
        var answer = await reader.ReadToEndAsync().WaitAsync(Eventually.DefaultDeadline);

        using var json = JsonDocument.Parse(answer[answer.IndexOf('{', StringComparison.Ordinal)..(answer.LastIndexOf('}') + 1)]);
        Assert.Equal("PUT", json.RootElement.GetProperty("method").GetString());
        Assert.Equal("/%41/./b%2Fc?q=%7e", json.RootElement.GetProperty("target").GetString());
        Assert.Equal(5, json.RootElement.GetProperty("body_length").GetInt64());
        Assert.Equal(["1", "2"], json.RootElement.GetProperty("headers").GetProperty("X-Two").EnumerateArray().Select(value => value.GetString()));
    }

    [Fact]
    public async Task Orders_AreAnsweredWithTheRequest()
    {
        using var answer = await GetAsync("/orders?page=1", "x");
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(2, json.RootElement.GetProperty("orders").GetArrayLength());
        Assert.Equal("/orders?page=1", json.RootElement.GetProperty("request").GetProperty("target").GetString());
        Assert.Equal("x", json.RootElement.GetProperty("request").GetProperty("headers").GetProperty(Header)[0].GetString());
    }

    [Fact]
    public async Task Verified_WithASignedAssertion_TellsWhoItIs()
    {
        using var answer = await GetAsync("/verified", samples.Assertion("user@example.com"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Contains("user@example.com", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verified_WithAnAssertionThatIsWrongInOneWay_Refuses()
    {
        using var strange = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string?[] wrong =
        [
            null,
            "not.a.jwt",
            samples.Assertion("user@example.com", audience: "another"),
            samples.Assertion("user@example.com", issuer: "http://localhost:1"),
            samples.Assertion("user@example.com", expires: DateTime.UtcNow.AddMinutes(-2)),
            samples.Assertion("user@example.com", key: new ECDsaSecurityKey(strange) { KeyId = "k1" }),
            samples.Assertion("user@example.com", key: new ECDsaSecurityKey(strange) { KeyId = "k2" }),
        ];
        foreach (var assertion in wrong)
        {
            using var answer = await GetAsync("/verified", assertion);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        }
    }

    [Fact]
    public async Task Page_ShowsTheLoggedInUserEncoded()
    {
        using var answer = await GetAsync("/", samples.Assertion("<b>@example.com"));
        Assert.Contains("&lt;b&gt;@example.com", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Own401_CarriesTheOriginsChallenge()
    {
        using var answer = await _client.GetAsync("/own-401");
        Assert.Equal((HttpStatusCode.Unauthorized, "Basic realm=\"origin\""), (answer.StatusCode, answer.Headers.WwwAuthenticate.ToString()));
    }

    [Fact]
    public async Task Events_ArriveOneByOne()
    {
        var body = await _client.GetStringAsync("/events?count=3&interval_ms=1");
        Assert.Equal(3, body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.StartsWith("id: 1\nevent: order\ndata: {\"number\":1}", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunked_HasNoLengthAndAllItsBytes()
    {
        using var answer = await _client.GetAsync("/chunked?count=7&size=1000", HttpCompletionOption.ResponseHeadersRead);
        Assert.Null(answer.Content.Headers.ContentLength);
        Assert.Equal(7000, (await answer.Content.ReadAsByteArrayAsync()).Length);
    }

    [Fact]
    public async Task Abort_BreaksTheBodyOff() =>
        await Assert.ThrowsAsync<HttpRequestException>(() => _client.GetStringAsync("/abort"));

    [Fact]
    public async Task WebSocket_SendsMessagesBack()
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{samples.Orders.Authority}/ws"), CancellationToken.None);
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, CancellationToken.None);
        var buffer = new byte[16];

        var received = await socket.ReceiveAsync(buffer, CancellationToken.None).WaitAsync(Eventually.DefaultDeadline);

        Assert.Equal("hello", Encoding.UTF8.GetString(buffer, 0, received.Count));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", CancellationToken.None).WaitAsync(Eventually.DefaultDeadline);
        Assert.Equal("bye", socket.CloseStatusDescription);
    }

    private async Task<HttpResponseMessage> GetAsync(string path, string? assertion)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (assertion is not null)
        {
            request.Headers.Add(Header, assertion);
        }
        return await _client.SendAsync(request);
    }
}
