using System.Net.WebSockets;
using System.Text;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

[Collection(WorldCollection.Name)]
public class WebSocketTests(World world)
{
    [Fact]
    public async Task WithAToken_BothDirectionsWork_AndTheOriginGetsTheAssertion()
    {
        var marker = Guid.NewGuid().ToString("N");
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", "a.test");
        socket.Options.SetRequestHeader("Authorization", "Bearer " + world.Tokens.AccessToken(world.A));
        socket.Options.SetRequestHeader("Cf-Access-Jwt-Assertion", "forged");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{world.Port}/{marker}/ws"), CancellationToken.None);

        await EchoAsync(socket, "one");
        await EchoAsync(socket, new string('x', 3000));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);

        Assert.Equal(WebSocketState.Closed, socket.State);
        Assert.StartsWith("eyJ", Assert.Single(Assert.Single(world.Origin.With(marker)).All("Cf-Access-Jwt-Assertion")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, null, 401)]
    [InlineData("wrong-application", null, 401)]
    [InlineData("cookie", "https://evil.test", 403)]
    [InlineData("cookie", "https://a.test", 101)]
    [InlineData("cookie", null, 101)]
    public async Task Handshake_IsAuthorisedLikeAnyRequest_AndACookieOnlyFromItsOwnPages(string? credential, string? origin, int status)
    {
        var marker = Guid.NewGuid().ToString("N");
        var response = await world.GetAsync(
            "a.test",
            $"/{marker}/ws",
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            origin is null ? "X-None: 1" : $"Origin: {origin}",
            credential switch
            {
                "cookie" => $"Cookie: CF_Authorization={world.Tokens.Assertion(world.A, Guid.NewGuid())}",
                "wrong-application" => World.Bearer(world.Tokens.AccessToken(world.B)),
                _ => "X-None: 1",
            });

        Assert.Equal(status, response?.Status);
        Assert.Equal(status == 101 ? 1 : 0, world.Origin.With(marker).Count);
    }

    [Fact]
    public async Task RevokedGrant_EndsItsSocket_AndNoOther()
    {
        var (revoked, other) = (Guid.NewGuid(), Guid.NewGuid());
        using var doomed = await OpenAsync(revoked);
        using var living = await OpenAsync(other);
        await EchoAsync(doomed, "a");
        await EchoAsync(living, "b");

        world.Tokens.Revoke(revoked);

        await Assert.ThrowsAnyAsync<WebSocketException>(async () =>
        {
            using var deadline = new CancellationTokenSource(Eventually.DefaultDeadline);
            await doomed.ReceiveAsync(new byte[10], deadline.Token);
        });
        await EchoAsync(living, "c");
    }

    private async Task<ClientWebSocket> OpenAsync(Guid grant)
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", "a.test");
        socket.Options.SetRequestHeader("Authorization", "Bearer " + world.Tokens.AccessToken(world.A, grant));
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{world.Port}/ws"), CancellationToken.None);
        return socket;
    }

    private static async Task EchoAsync(ClientWebSocket socket, string text)
    {
        await socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, CancellationToken.None);
        var buffer = new byte[8192];
        var length = 0;
        ValueWebSocketReceiveResult message;
        do
        {
            message = await socket.ReceiveAsync(buffer.AsMemory(length), CancellationToken.None);
            length += message.Count;
        }
        while (!message.EndOfMessage);
        Assert.Equal(text, Encoding.UTF8.GetString(buffer, 0, length));
    }
}
