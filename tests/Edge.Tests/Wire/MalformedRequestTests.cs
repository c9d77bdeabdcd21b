using System.Globalization;
using ManagedOAuth.Edge.Tests.Harness;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>Group E of the attack list: what must not get through, whether Kestrel or our own rules refuse it. The origin sees none of it.</summary>
[Collection(WorldCollection.Name)]
public class MalformedRequestTests(World world)
{
    public static TheoryData<string, string> Forms() => new()
    {
        { "E10 escaped NUL", "GET /{m}%00/x HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "E10 escaped line end", "GET /{m}%0d%0aX:y HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "E10 raw NUL", "GET /{m}\0 HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "E10 raw DEL", "GET /{m}\u007f HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "raw byte above ASCII", "GET /{m}\u00e9 HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "raw fragment", "GET /{m}#x HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "bad escape", "GET /{m}%zz HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "E11 unicode escape", "GET /{m}%u002e HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "backslash", "GET /{m}\\x HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "E13 two hosts", "GET /{m} HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n{auth}\r\n" },
        { "E13 host list", "GET /{m} HTTP/1.1\r\nHost: a.test, b.test\r\n{auth}\r\n" },
        { "E13 space before colon", "GET /{m} HTTP/1.1\r\nHost : a.test\r\n{auth}\r\n" },
        { "E13 empty host", "GET /{m} HTTP/1.1\r\nHost:\r\n{auth}\r\n" },
        { "E13 no host", "GET /{m} HTTP/1.1\r\n{auth}\r\n" },
        { "E13 folded line", "GET /{m} HTTP/1.1\r\nHost: a.test\r\n b.test\r\n{auth}\r\n" },
        { "E14 user in host", "GET /{m} HTTP/1.1\r\nHost: a.test@b.test\r\n{auth}\r\n" },
        { "E24 folded header", "GET /{m} HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\n\t2\r\n{auth}\r\n" },
        { "E24 tab before name", "GET /{m} HTTP/1.1\r\n\tX-A: 1\r\nHost: a.test\r\n{auth}\r\n" },
        { "E24 space in name", "GET /{m} HTTP/1.1\r\nHost: a.test\r\nX A: 1\r\n{auth}\r\n" },
        { "E24 NUL in value", "GET /{m} HTTP/1.1\r\nHost: a.test\r\nX-A: a\0b\r\n{auth}\r\n" },
        { "E24 CR in value", "GET /{m} HTTP/1.1\r\nHost: a.test\r\nX-A: a\rb\r\n{auth}\r\n" },
        { "odd name", "GET /{m} HTTP/1.1\r\nHost: a.test\r\nX!A: a\r\n{auth}\r\n" },
        { "E25 two credentials", "GET /{m} HTTP/1.1\r\nHost: a.test\r\nAuthorization: Bearer x\r\n{auth}\r\n" },
        { "E31 length and chunked", "POST /{m} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n{auth}\r\n0\r\n\r\n{smuggled}" },
        { "E31 chunked then identity", "POST /{m} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked, identity\r\n{auth}\r\n0\r\n\r\n{smuggled}" },
        { "E31 identity then chunked", "POST /{m} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: identity, chunked\r\n{auth}\r\n0\r\n\r\n{smuggled}" },
        { "E31 unknown coding", "POST /{m} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: xchunked\r\n{auth}\r\n0\r\n\r\n{smuggled}" },
        { "E31 two codings", "POST /{m} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n{auth}\r\n0\r\n\r\n{smuggled}" },
        { "E33 bare line feed", "GET /{m} HTTP/1.1\nHost: a.test\n{auth}\n" },
        { "E33 bare line feed in headers", "GET /{m} HTTP/1.1\r\nHost: a.test\nX-A: 1\r\n{auth}\r\n" },
        { "E33 no colon", "GET /{m} HTTP/1.1\r\nHost: a.test\r\nNoColon\r\n{auth}\r\n" },
        { "E33 list of lengths", "POST /{m} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5,5\r\n{auth}\r\nhello" },
        { "E33 two lengths", "POST /{m} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nContent-Length: 6\r\n{auth}\r\nhello" },
        { "E33 hexadecimal length", "POST /{m} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 0x5\r\n{auth}\r\nhello" },
        { "E33 negative length", "POST /{m} HTTP/1.1\r\nHost: a.test\r\nContent-Length: -1\r\n{auth}\r\nhello" },
        { "E33 huge length", "POST /{m} HTTP/1.1\r\nHost: a.test\r\nContent-Length: 99999999999999999999\r\n{auth}\r\nhello" },
        { "E34 no host in 1.0", "GET /{m} HTTP/1.0\r\n{auth}\r\n" },
        { "E34 0.9", "GET /{m}\r\n" },
        { "E34 1.2", "GET /{m} HTTP/1.2\r\nHost: a.test\r\n{auth}\r\n" },
        { "E34 lower case method", "get /{m} HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "E51 trace", "TRACE /{m} HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "E51 connect", "CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n{auth}\r\n" },
        { "E51 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" },
        { "asterisk", "OPTIONS * HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
        { "absolute form of another host", "GET http://b.test/{m} HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n" },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Form_ThatTwoServersCouldReadDifferently_IsRefused_AndTheConnectionClosed(string name, string form)
    {
        var marker = Guid.NewGuid().ToString("N");
        var auth = World.Bearer(world.Tokens.AccessToken(world.A)) + "\r\n";
        var request = form
            .Replace("{m}", marker, StringComparison.Ordinal)
            .Replace("{auth}", auth, StringComparison.Ordinal)
            .Replace("{smuggled}", $"GET /{marker}-smuggled HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n", StringComparison.Ordinal);

        using var connection = await RawConnection.OpenAsync(world.Port);
        await connection.SendAsync(request);
        var response = await connection.ReadAsync();

        // A connection that is closed without a word refuses as well (a version that nobody speaks).
        Assert.True(response is null or { Status: >= 400 and < 500 or 501 or 505 }, $"{name}: {response?.Status} {response?.Body}");
        Assert.True(response is null || response.Body.Length < 4096, name);
        await connection.EndsAsync();
        Assert.Empty(world.Origin.With(marker));
    }

    [Fact]
    public async Task Chunk_WithALineFeedInItsExtension_IsRefused_AndNothingBehindItIsRead()
    {
        var marker = Guid.NewGuid().ToString("N");
        var auth = World.Bearer(world.Tokens.AccessToken(world.A)) + "\r\n";
        using var connection = await RawConnection.OpenAsync(world.Port);
        await connection.SendAsync($"POST /{marker} HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n{auth}\r\n2;\nxx\r\nxy\r\n0\r\n\r\nGET /{marker}-smuggled HTTP/1.1\r\nHost: a.test\r\n{auth}\r\n");

        var response = await connection.ReadAsync();
        Assert.True(response is null or { Status: 400 or 502 }, $"{response?.Status}");
        await connection.EndsAsync();
        Assert.DoesNotContain(world.Origin.With(marker), request => request.Target.Contains("smuggled", StringComparison.Ordinal));
        Assert.True(Environment.Version.Major >= 10);
    }

    [Fact]
    public async Task Length_WithASign_IsReadAsTheNumber_AndForwardedAsOne()
    {
        // Kestrel reads it and keeps only the number, so it cannot be refused here; what goes on has one reading again.
        var marker = Guid.NewGuid().ToString("N");
        var auth = World.Bearer(world.Tokens.AccessToken(world.A)) + "\r\n";
        using var connection = await RawConnection.OpenAsync(world.Port);
        await connection.SendAsync($"POST /{marker} HTTP/1.1\r\nHost: a.test\r\nContent-Length: +5\r\n{auth}\r\nhelloGET /{marker}-next HTTP/1.1\r\nHost: a.test\r\n\r\n");

        Assert.Equal(200, (await connection.ReadAsync())?.Status);
        Assert.Equal(401, (await connection.ReadAsync())?.Status);
        var received = Assert.Single(world.Origin.With(marker));
        Assert.Equal("5", received["Content-Length"]);
        Assert.Equal("hello", received.Body);
    }

    [Theory]
    [InlineData("one header of 33 KiB", 1, 33 * 1024)]
    [InlineData("101 headers", 101, 1)]
    [InlineData("1,000 headers of one name", 1000, 1)]
    [InlineData("10 headers of 8 KiB", 10, 8 * 1024)]
    public async Task Headers_BeyondTheLimits_AreRefused(string name, int count, int length)
    {
        var headers = string.Concat(Enumerable.Range(0, count).Select(_ => $"X-Filler: {new string('x', length)}\r\n"));
        var response = await RawConnection.ExchangeAsync(world.Port, $"GET / HTTP/1.1\r\nHost: a.test\r\n{headers}\r\n");

        Assert.True(response is null or { Status: 431 or 400 }, $"{name}: {response?.Status}");
    }

    [Fact]
    public async Task RequestLine_BeyondTheLimit_IsRefused()
    {
        var response = await RawConnection.ExchangeAsync(world.Port, $"GET /{new string('x', 9 * 1024)} HTTP/1.1\r\nHost: a.test\r\n\r\n");

        Assert.True(response is null or { Status: 414 or 400 }, $"{response?.Status}");
    }

    [Fact]
    public async Task ExpectContinue_WithoutToken_GetsThe401BeforeAnyBodyIsRead()
    {
        using var connection = await RawConnection.OpenAsync(world.Port);
        await connection.SendAsync(string.Create(CultureInfo.InvariantCulture, $"POST /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: {1 << 30}\r\nExpect: 100-continue\r\n\r\n"));

        var response = await connection.ReadAsync();
        Assert.Equal(401, response?.Status);
        Assert.False(response!.HasContinue);
    }

    [Theory]
    [InlineData("unknown.test", 421)]
    [InlineData("127.0.0.1", 421)]
    [InlineData("a.test.", 421)]
    [InlineData("a.test:9999", 421)]
    [InlineData("A.TEST", 401)]
    [InlineData("a.test:443", 401)]
    public async Task Host_IsAnApplicationsOwnOrNobodys(string host, int status)
        => Assert.Equal(status, (await world.GetAsync(host, "/x"))?.Status);

    [Fact]
    public async Task AbsoluteForm_OfItsOwnHost_IsServed()
    {
        var marker = Guid.NewGuid().ToString("N");
        var response = await world.GetAsync("a.test", $"http://a.test/{marker}?q", World.Bearer(world.Tokens.AccessToken(world.A)));

        Assert.Equal(200, response?.Status);
        Assert.Equal($"/{marker}?q", Assert.Single(world.Origin.With(marker)).Target);
    }

    [Fact]
    public async Task AfterEveryRefusal_AGoodRequestStillWorks()
    {
        var response = await world.GetAsync("a.test", "/", World.Bearer(world.Tokens.AccessToken(world.A)));

        Assert.Equal(200, response?.Status);
    }
}
