using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>Origins that are away, slow, broken or hostile: the client gets a clear answer, and nothing is asked twice that may not be.</summary>
[Collection(WorldCollection.Name)]
public class OriginFaultTests(World world)
{
    private readonly string _token = World.Bearer(world.Tokens.AccessToken(world.A));

    [Fact]
    public async Task Origin_ThatCannotBeReached_Is502WithoutAChallenge()
    {
        var application = await world.AddAsync("gone.test", application => application with { Origin = new Contracts.Configuration.Origin { Url = $"http://127.0.0.1:{FreePort.Next()}" } });
        var response = await world.GetAsync("gone.test", "/", World.Bearer(world.Tokens.AccessToken(application)));

        Assert.Equal(502, response?.Status);
        Assert.Empty(response!.All("WWW-Authenticate"));
        Assert.Contains("bad_gateway", response.Body, StringComparison.Ordinal);
        Assert.Contains("<html", (await world.GetAsync("gone.test", "/", "Accept: text/html", $"Cookie: CF_Authorization={world.Tokens.Assertion(application, Guid.NewGuid())}"))!.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Origin_ThatSaysNothing_Is504_AfterItsOwnLimit()
    {
        var application = await world.AddAsync("slow.test", application => application with { Origin = application.Origin! with { ActivityTimeout = "300ms" } });
        var response = await world.GetAsync("slow.test", "/hang?slow", World.Bearer(world.Tokens.AccessToken(application)));

        Assert.Equal(504, response?.Status);
    }

    [Fact]
    public async Task Origin_ThatResets_Is502_AndIsAskedOnce()
    {
        var marker = Guid.NewGuid().ToString("N");
        var response = await world.SendAsync("POST", "a.test", $"/reset?{marker}", _token, "Content-Length: 0");

        Assert.Equal(502, response?.Status);
        Assert.Single(world.Origin.With(marker));
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")]
    public async Task Origin_ThatBreaksOff_TheClientsConnectionIsCutAsWell(string answer)
    {
        using var origin = new RawOrigin(answer);
        var (host, token) = await BehindAsync(origin);
        using var connection = await RawConnection.OpenAsync(world.Port);
        await connection.SendAsync(World.Head("GET", host, "/", token));

        var lines = new List<string>();
        while (await connection.LineAsync() is { } line)
        {
            lines.Add(line);
        }

        // Cut before or after the head, but never with the last chunk: what broke off must not look whole.
        Assert.True(lines.Count == 0 || lines[0].StartsWith("HTTP/1.1 200", StringComparison.Ordinal));
        Assert.DoesNotContain("0", lines);
        Assert.Equal(1, origin.Requests);
    }

    [Theory]
    [InlineData("nonsense\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n")]
    [InlineData("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")]
    [InlineData("")]
    public async Task Origin_ThatAnswersNonsense_Is502_AndIsAskedOnce(string answer)
    {
        using var origin = new RawOrigin(answer);
        var (host, token) = await BehindAsync(origin);

        Assert.Equal(502, (await world.SendAsync("POST", host, "/", token, "Content-Length: 0"))?.Status);
        Assert.Equal(1, origin.Requests);
    }

    [Fact]
    public async Task Origin_WithGarbageBehindItsAnswer_SpoilsNobodyElsesAnswer()
    {
        using var origin = new RawOrigin("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmineHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nothers", keepOpen: true);
        var (host, token) = await BehindAsync(origin);

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("mine", (await world.GetAsync(host, "/", token))?.Body);
        }
    }

    [Theory]
    [InlineData("GET", 2)]
    [InlineData("POST", 1)]
    public async Task Origin_ThatClosesAnIdleConnection_OnlyRepeatableRequestsSurviveIt(string method, int atLeast)
    {
        // The answer says nothing of closing, so the connection goes back to the pool and is found dead by the next request.
        using var origin = new RawOrigin("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        var (host, token) = await BehindAsync(origin);
        Assert.Equal(200, (await world.SendAsync(method, host, "/", token, "Content-Length: 0"))?.Status);
        await Eventually.Async(() => origin.Ended == 1);
        var second = await world.SendAsync(method, host, "/", token, "Content-Length: 0");

        Assert.True(second?.Status is 200 or 502);
        Assert.True(origin.Requests >= atLeast && origin.Requests <= 2);
    }

    [Fact]
    public async Task Application_WithoutAnOrigin_Is503()
    {
        var application = await world.AddAsync("nowhere.test", application => application with { Origin = null });

        Assert.Equal(503, (await world.GetAsync("nowhere.test", "/", World.Bearer(world.Tokens.AccessToken(application))))?.Status);
    }

    private async Task<(string Host, string Token)> BehindAsync(RawOrigin origin)
    {
        var host = $"{Guid.NewGuid():N}.test";
        var application = await world.AddAsync(host, application => application with { Origin = new Contracts.Configuration.Origin { Url = origin.Url } });
        return (host, World.Bearer(world.Tokens.AccessToken(application)));
    }
}
