using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Grpc.Core;
using ManagedOAuth.ServiceDefaults.HotStore;
using ManagedOAuth.ServiceDefaults.Http;
using ManagedOAuth.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ManagedOAuth.ServiceDefaults.Tests.Http;

public class ServerTests
{
    private static readonly ServiceKeys s_keys = new("token");

    [Theory]
    [InlineData("/bug", HttpStatusCode.InternalServerError, false)]
    [InlineData("/redis", HttpStatusCode.ServiceUnavailable, true)]
    [InlineData("/peer", HttpStatusCode.ServiceUnavailable, true)]
    public async Task Exception_BecomesAProblemWithoutItsText(string path, HttpStatusCode status, bool retry)
    {
        await using var service = await StartAsync();
        using var response = await service.Client.GetAsync(new Uri(path, UriKind.Relative));
        var body = await response.Content.ReadAsStringAsync();
        Assert.Equal(status, response.StatusCode);
        Assert.Equal(retry, response.Headers.RetryAfter is not null);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        Assert.DoesNotContain("canary", body, StringComparison.Ordinal);
        using var problem = JsonDocument.Parse(body);
        Assert.Equal(32, problem.RootElement.GetProperty("traceId").GetString()!.Length);
    }

    [Theory]
    [InlineData(16, HttpStatusCode.OK)]
    [InlineData(17, HttpStatusCode.RequestEntityTooLarge)]
    public async Task Body_AboveTheEndpointsLimit_Is413(int bytes, HttpStatusCode expected)
    {
        await using var service = await StartAsync();
        using var content = new ByteArrayContent(new byte[bytes]);
        using var response = await service.Client.PostAsync(new Uri("/small", UriKind.Relative), content);
        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    public async Task Body_ChunkedAboveTheEndpointsLimit_Is413()
    {
        await using var service = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/small") { Content = new ByteArrayContent(new byte[100]) };
        request.Headers.TransferEncodingChunked = true;
        using var response = await service.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [InlineData("long-line", "414")]
    [InlineData("big-header", "431")]
    [InlineData("many-headers", "431")]
    public async Task Head_AboveItsLimits_IsRefused(string what, string status)
    {
        await using var service = await StartAsync();
        var request = what switch
        {
            "long-line" => $"GET /{new string('a', ServerLimits.RequestLineBytes)} HTTP/1.1\r\nHost: x\r\n\r\n",
            "big-header" => $"GET / HTTP/1.1\r\nHost: x\r\nA: {new string('a', ServerLimits.HeaderBytes)}\r\n\r\n",
            _ => $"GET / HTTP/1.1\r\nHost: x\r\n{string.Concat(Enumerable.Range(0, ServerLimits.HeaderCount + 1).Select(i => $"A{i}: b\r\n"))}\r\n",
        };
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, service.HttpPort);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        Assert.StartsWith($"HTTP/1.1 {status}", await reader.ReadLineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task PageSecurity_Middleware_CoversEveryResponse()
    {
        await using var service = await StartAsync();
        using var response = await service.Client.GetAsync(new Uri("/page", UriKind.Relative));
        Assert.Contains("form-action 'self' cursor:", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var missing = await service.Client.GetAsync(new Uri("/nothing", UriKind.Relative));
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.True(missing.Headers.Contains("Content-Security-Policy"));
    }

    private static async Task<TestService> StartAsync()
    {
        var service = await TestService.StartAsync("token", s_keys, map: app =>
        {
            app.UsePageSecurity();
            app.MapGet("/bug", Task (HttpContext _) => throw new InvalidOperationException("canary"));
            app.MapGet("/redis", Task (HttpContext _) => throw new HotStoreUnavailableException("canary"));
            app.MapGet("/peer", Task (HttpContext _) => throw new RpcException(new Status(StatusCode.Unavailable, "canary")));
            app.MapGet("/page", context =>
            {
                context.PageSecurity().AllowFormRedirect(new Uri("cursor://x/cb"));
                return context.Response.WriteAsync("page");
            });
            app.MapPost("/small", context => context.Request.Body.CopyToAsync(Stream.Null)).LimitBody(16);
        });
        await Eventually.Async(service.IsReadyAsync);
        return service;
    }
}
