using System.Globalization;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>Section 12 of the standards' requirements: what passes, what does not, and that nothing is changed on the way.</summary>
[Collection(WorldCollection.Name)]
public class ForwardingTests(World world)
{
    private readonly string _token = World.Bearer(world.Tokens.AccessToken(world.A));

    [Theory]
    [InlineData("/{m}?")]
    [InlineData("/{m}?a=%2F&b=+&c=%C3%BC&d=[]{}|\"<>^`")]
    [InlineData("/%41dmin/./c/../{m}//d/%2e%2e/%2f;x=y")]
    [InlineData("//{m}//")]
    [InlineData("/{m}%20%25%7E~!$&'()*+,;=:@")]
    [InlineData("/{m}?q=\\..\\")]
    public async Task Target_ArrivesByteForByte(string target)
    {
        var marker = Guid.NewGuid().ToString("N");
        var sent = target.Replace("{m}", marker, StringComparison.Ordinal);

        Assert.Equal(200, (await world.GetAsync("a.test", sent, _token))?.Status);
        Assert.Equal(sent, Assert.Single(world.Origin.With(marker)).Target);
    }

    [Fact]
    public async Task Upload_ThatPausesLongerThanStrangersMay_GoesOn()
    {
        var marker = Guid.NewGuid().ToString("N");
        using var client = await RawConnection.OpenAsync(world.Port);
        await client.SendAsync(World.Head("POST", "a.test", $"/{marker}", _token, "Transfer-Encoding: chunked") + "1\r\na\r\n");
        await Task.Delay(TimeSpan.FromSeconds(7)); // the server gives strangers 5 s
        await client.SendAsync("1\r\nb\r\n0\r\n\r\n");
        Assert.Equal(200, (await client.ReadAsync())?.Status);
        Assert.Equal("ab", Assert.Single(world.Origin.With(marker)).Body);
    }

    [Fact]
    public async Task OriginPath_IsPutBeforeTheRequests()
    {
        var application = await world.AddAsync("prefix.test", application => application with { Origin = application.Origin! with { Url = world.Origin.Url + "/base/", PreserveHost = false } });
        var marker = Guid.NewGuid().ToString("N");

        await world.GetAsync("prefix.test", $"/%41/{marker}?q", World.Bearer(world.Tokens.AccessToken(application)));

        var received = Assert.Single(world.Origin.With(marker));
        Assert.Equal($"/base/%41/{marker}?q", received.Target);
        Assert.Equal($"127.0.0.1:{world.Origin.Port}", received["Host"]);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    [InlineData("PROPFIND")]
    [InlineData("OPTIONS")]
    public async Task Method_AndOrdinaryHeaders_PassAsTheyAre(string method)
    {
        var marker = Guid.NewGuid().ToString("N");
        await world.SendAsync(method, "a.test", $"/{marker}", _token, "Mcp-Session-Id: s1", "MCP-Protocol-Version: 2025-06-18", "mcp-param-X: y", "Last-Event-ID: 7", "Accept: a/b", "Accept: c/d", "X-Empty:", "X-Latin: gr\u00fc\u00df", "X-HTTP-Method-Override: DELETE");

        var received = Assert.Single(world.Origin.With(marker));
        Assert.Equal(method, received.Method);
        Assert.Equal("s1", received["Mcp-Session-Id"]);
        Assert.Equal("2025-06-18", received["MCP-Protocol-Version"]);
        Assert.Equal("y", received["mcp-param-X"]);
        Assert.Equal("7", received["Last-Event-ID"]);
        Assert.Equal("", received["X-Empty"]);
        Assert.Equal("gr\u00fc\u00df", received["X-Latin"]);
        Assert.Equal("a/b,c/d", string.Join(',', received.All("Accept")).Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal("a.test", received["Host"]);
    }

    [Fact]
    public async Task ClaimsOfTheClient_AboutIdentityAndForwarding_NeverArrive_InAnySpelling()
    {
        string[] forged =
        [
            "Cf-Access-Jwt-Assertion", "CF_ACCESS_JWT_ASSERTION", "Cf.Access.Jwt.Assertion", "Cf-Access-Authenticated-User-Email", "Cf_Access_Authenticated_User_Email",
            "X-ManagedOAuth-Service", "x_managedoauth_origin", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-User", "X_Forwarded_For", "Forwarded",
            "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Uri", "X-Replaced-Path", "True-Client-IP", "X-Real-IP", "CF-Connecting-IP", "Client-Cert", "Remote-User",
        ];
        foreach (var host in new[] { "a.test", "bypass.test" })
        {
            if (host == "bypass.test")
            {
                await world.AddAsync(host, null, World.PolicyOf(Contracts.Configuration.PolicyAction.Bypass, new Contracts.Policies.Rule.Everyone()));
            }

            var marker = Guid.NewGuid().ToString("N");
            string[] headers = [.. forged.Select(name => $"{name}: forged-value"), "Connection: X-Secret", "X-Secret: forged-value", "traceparent: 00-11111111111111111111111111111111-2222222222222222-01", "baggage: a=forged-value"];
            Assert.Equal(200, (await world.GetAsync(host, $"/{marker}", host == "a.test" ? [.. headers, _token] : headers))?.Status);

            var received = Assert.Single(world.Origin.With(marker));
            Assert.DoesNotContain(received.Headers, header => header.Value.Contains("forged-value", StringComparison.Ordinal));
            Assert.Equal("127.0.0.1", Assert.Single(received.All("X-Forwarded-For")));
            Assert.Equal(host, Assert.Single(received.All("X-Forwarded-Host")));
            Assert.Equal("https", Assert.Single(received.All("X-Forwarded-Proto")));
            Assert.DoesNotContain("1111111111111111", received["traceparent"] ?? "", StringComparison.Ordinal);
            Assert.Equal(host == "a.test" ? 1 : 0, received.All("Cf-Access-Jwt-Assertion").Count);
            Assert.Equal(host == "a.test" ? 1 : 0, received.All("Cf-Access-Authenticated-User-Email").Count);
        }
    }

    [Fact]
    public async Task Bypass_NeitherChecksNorPassesOurCredentials()
    {
        var application = await world.AddAsync("open.test", null, World.PolicyOf(Contracts.Configuration.PolicyAction.Bypass, new Contracts.Policies.Rule.Everyone()));
        var marker = Guid.NewGuid().ToString("N");

        Assert.Equal(200, (await world.GetAsync("open.test", $"/{marker}", World.Bearer(world.Tokens.AccessToken(application)), "Cookie: CF_Authorization=x; mine=1"))?.Status);
        Assert.Equal(200, (await world.GetAsync("open.test", $"/{marker}-2", "Authorization: Bearer its-own"))?.Status);

        var received = world.Origin.With(marker);
        Assert.Null(received[0]["Authorization"]);
        Assert.Equal("mine=1", received[0]["Cookie"]);
        Assert.Equal("Bearer its-own", received[1]["Authorization"]);
    }

    [Fact]
    public async Task ConnectionHeaders_AreMadeAnew()
    {
        var marker = Guid.NewGuid().ToString("N");
        await world.GetAsync("a.test", $"/{marker}", _token, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA", "TE: trailers", "Keep-Alive: timeout=5", "Proxy-Authorization: Basic x");

        var received = Assert.Single(world.Origin.With(marker));
        foreach (var name in new[] { "Upgrade", "HTTP2-Settings", "TE", "Keep-Alive", "Proxy-Authorization" })
        {
            Assert.Null(received[name]);
        }
    }

    [Theory]
    [InlineData("Connection: keep-alive, X-Other")]
    [InlineData("Connection: x-other,Keep-Alive")]
    [InlineData("Connection: close, X-Other")]
    [InlineData("Connection: Upgrade, X-Other", "Upgrade: h2c")]
    [InlineData("Connection: keep-alive", "Connection: X-Other")]
    [InlineData("Connection: X-Other", "Connection: close")]
    [InlineData("Connection: keep-alive, Upgrade, X-Other", "Upgrade: h2c")]
    public async Task HeadersNamedInConnection_StayHere_WhateverStandsBesideThem(params string[] connection)
    {
        var marker = Guid.NewGuid().ToString("N");
        using var client = await RawConnection.OpenAsync(world.Port);
        await client.SendAsync(World.Head("GET", "a.test", $"/{marker}", [_token, "X-Other: 1", "X-Kept: 2", .. connection]));

        Assert.Equal(200, (await client.ReadAsync())?.Status);
        var received = Assert.Single(world.Origin.With(marker));
        Assert.Null(received["X-Other"]);
        Assert.Equal("2", received["X-Kept"]);
        if (connection.Any(line => line.Contains("close", StringComparison.Ordinal)))
        {
            await client.EndsAsync();
        }
        else
        {
            await client.SendAsync(World.Head("GET", "a.test", $"/{marker}", _token));
            Assert.Equal(200, (await client.ReadAsync())?.Status);
        }
    }

    [Fact]
    public async Task TrailersOfARequest_EndHere_AndTheConnectionStaysInStep()
    {
        var marker = Guid.NewGuid().ToString("N");
        using var client = await RawConnection.OpenAsync(world.Port);
        await client.SendAsync(World.Head("POST", "a.test", $"/{marker}", _token, "Transfer-Encoding: chunked", "Trailer: X-Sum", "TE: trailers")
            + "4\r\nbody\r\n0\r\nX-Sum: 42\r\nCf-Access-Jwt-Assertion: forged\r\n\r\n");

        Assert.Equal(200, (await client.ReadAsync())?.Status);
        var received = Assert.Single(world.Origin.With(marker));
        Assert.Equal((null, null, null), (received["X-Sum"], received["Trailer"], received["TE"]));
        Assert.DoesNotContain("forged", Assert.Single(received.All("Cf-Access-Jwt-Assertion")), StringComparison.Ordinal);
        await client.SendAsync(World.Head("GET", "a.test", $"/{marker}", _token));
        Assert.Equal(200, (await client.ReadAsync())?.Status);
    }

    [Fact]
    public async Task HeadersThatAnOriginNamesInConnection_StayHere()
    {
        using var origin = new RawOrigin("HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nX-Kept: 2\r\nContent-Length: 0\r\n\r\n");
        var application = await world.AddAsync("hops.test", application => application with { Origin = application.Origin! with { Url = origin.Url } });

        var response = await world.GetAsync("hops.test", "/", World.Bearer(world.Tokens.AccessToken(application)));

        Assert.Equal(200, response?.Status);
        Assert.Empty(response!.All("X-Hop"));
        Assert.Equal("2", Assert.Single(response.All("X-Kept")));
    }

    [Fact]
    public async Task OriginsOwn401_PassesUnchanged()
    {
        var response = await world.GetAsync("a.test", "/unauthorized", _token);

        Assert.Equal(401, response?.Status);
        Assert.Equal("Basic realm=\"origin\"", Assert.Single(response!.All("WWW-Authenticate")));

        var browser = await world.GetAsync("n.test", "/unauthorized", $"Cookie: CF_Authorization={world.Tokens.Assertion(world.N, Guid.NewGuid())}");
        Assert.Equal("Basic realm=\"origin\"", Assert.Single(browser!.All("WWW-Authenticate")));
    }

    [Fact]
    public async Task ManagedOAuthOff_TheOriginsOwnWellKnownsAreItsOwn()
    {
        var marker = Guid.NewGuid().ToString("N");
        var cookie = $"Cookie: CF_Authorization={world.Tokens.Assertion(world.N, Guid.NewGuid())}";

        Assert.Equal(200, (await world.GetAsync("n.test", $"/.well-known/oauth-authorization-server?{marker}", cookie))?.Status);
        Assert.Equal(200, (await world.GetAsync("n.test", $"/.well-known/oauth-protected-resource?{marker}", cookie))?.Status);
        Assert.Equal(2, world.Origin.With(marker).Count);
    }

    [Fact]
    public async Task Redirect_IsPassedOn_NeverFollowed()
    {
        var response = await world.GetAsync("a.test", "/redirect", _token);

        Assert.Equal(302, response?.Status);
        Assert.Equal("http://127.0.0.1:1/elsewhere", response!["Location"]);
    }

    [Fact]
    public async Task ReservedCookiesAndHeaders_OfAnOrigin_DoNotReachTheClient()
    {
        var response = await world.GetAsync("a.test", "/cookies", _token);

        Assert.Equal("session=mine; Path=/", Assert.Single(response!.All("Set-Cookie")));
        Assert.Null(response["Cf-Access-Jwt-Assertion"]);
        Assert.Null(response["X-ManagedOAuth-Origin"]);
        Assert.Equal("kept", response["X-Mine"]);
    }

    [Fact]
    public async Task Response_Bytes_PassAsTheyAre()
    {
        Assert.Equal("gr\u00fc\u00df", (await world.GetAsync("a.test", "/latin1", _token))!["X-Latin"]);
        Assert.Equal(204, (await world.GetAsync("a.test", "/no-content", _token))?.Status);

        var head = await world.SendAsync("HEAD", "a.test", "/", _token);
        Assert.Equal(200, head?.Status);
        Assert.Empty(head!.Body);
    }

    [Theory]
    [InlineData("Content-Length: 5\r\n", "hello")]
    [InlineData("Transfer-Encoding: chunked\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n")]
    public async Task Body_ArrivesWithEitherFraming(string framing, string body)
    {
        var marker = Guid.NewGuid().ToString("N");
        var response = await RawConnection.ExchangeAsync(world.Port, $"POST /{marker} HTTP/1.1\r\nHost: a.test\r\nContent-Type: text/plain\r\n{_token}\r\n{framing}\r\n{body}");

        Assert.Equal(200, response?.Status);
        var received = Assert.Single(world.Origin.With(marker));
        Assert.Equal("hello", received.Body);
        Assert.Equal("text/plain", received["Content-Type"]);
        Assert.Equal(framing.StartsWith("Content-Length", StringComparison.Ordinal) ? "5" : null, received["Content-Length"]);
    }

    [Fact]
    public async Task LongBody_Streams()
    {
        const int Length = 20_000_000;
        using var connection = await RawConnection.OpenAsync(world.Port);
        await connection.SendAsync($"PUT /upload HTTP/1.1\r\nHost: a.test\r\n{_token}\r\nContent-Length: {Length.ToString(CultureInfo.InvariantCulture)}\r\n\r\n");
        var block = new byte[100_000];
        for (var sent = 0; sent < Length; sent += block.Length)
        {
            await connection.Stream.WriteAsync(block);
        }

        Assert.Equal(Length.ToString(CultureInfo.InvariantCulture), (await connection.ReadAsync())?.Body);
    }

    [Fact]
    public async Task ExpectContinue_WithAToken_IsAnswered_AndTheBodyArrives()
    {
        var marker = Guid.NewGuid().ToString("N");
        using var connection = await RawConnection.OpenAsync(world.Port);
        await connection.SendAsync($"POST /{marker} HTTP/1.1\r\nHost: a.test\r\n{_token}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 100", await connection.LineAsync(), StringComparison.Ordinal);
        await connection.LineAsync();
        await connection.SendAsync("hello");

        Assert.Equal(200, (await connection.ReadAsync())?.Status);
        Assert.Equal("hello", Assert.Single(world.Origin.With(marker)).Body);
    }

    [Fact]
    public async Task BodyThatBreaksOff_IsNotPassedAsWhole()
    {
        var marker = Guid.NewGuid().ToString("N");
        using (var connection = await RawConnection.OpenAsync(world.Port))
        {
            await connection.SendAsync($"POST /{marker} HTTP/1.1\r\nHost: a.test\r\n{_token}\r\nContent-Length: 100\r\n\r\nhalf");
        }

        Assert.Equal(200, (await world.GetAsync("a.test", "/", _token))?.Status);
        Assert.Empty(world.Origin.With(marker));
    }

    [Fact]
    public async Task EventStream_IsFlushedAtOnce_AndEndsWithItsClient()
    {
        var marker = Guid.NewGuid().ToString("N");
        using (var connection = await RawConnection.OpenAsync(world.Port))
        {
            await connection.SendAsync(World.Head("GET", "a.test", $"/sse?{marker}", _token, "Accept: text/event-stream"));
            Assert.StartsWith("HTTP/1.1 200", await connection.LineAsync(), StringComparison.Ordinal);
            while (await connection.LineAsync() is { } line && line != "data: 2")
            {
            }
        }

        await Eventually.Async(() => world.Origin.Aborted.Any(query => query.Contains(marker, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task QuietEventStream_SendsItsHeadBeforeItsFirstEvent()
    {
        using var connection = await RawConnection.OpenAsync(world.Port);
        await connection.SendAsync(World.Head("GET", "a.test", "/sse?quiet", _token, "Accept: text/event-stream"));

        Assert.StartsWith("HTTP/1.1 200", await connection.LineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ClientThatLeaves_EndsTheRequestAtTheOrigin()
    {
        var marker = Guid.NewGuid().ToString("N");
        using (var connection = await RawConnection.OpenAsync(world.Port))
        {
            await connection.SendAsync(World.Head("GET", "a.test", $"/hang?{marker}", _token));
            await Eventually.Async(() => world.Origin.With(marker).Count == 1);
        }

        await Eventually.Async(() => world.Origin.Aborted.Any(query => query.Contains(marker, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Authenticated_ThenAnonymous_IsRefusedWithoutAnythingCached()
    {
        Assert.Equal(200, (await world.GetAsync("a.test", "/cached", _token))?.Status);
        foreach (var header in new[] { "X-None: 1", "If-None-Match: *", "Range: bytes=0-1" })
        {
            Assert.Equal(401, (await world.GetAsync("a.test", "/cached", header))?.Status);
        }
    }

    [Theory]
    [InlineData("/health")]
    [InlineData("/alive")]
    [InlineData("/metrics")]
    public async Task HealthPaths_OfAnApplication_AreItsOwn(string path)
    {
        Assert.Equal(401, (await world.GetAsync("a.test", path, "User-Agent: kube-probe/1.30"))?.Status);
        Assert.Equal(200, (await world.GetAsync("a.test", $"{path}?{Guid.NewGuid():N}", _token))?.Status);
    }

    [Fact]
    public async Task PrivateEndpoint_ServesHealthAlone()
    {
        var response = await RawConnection.ExchangeAsync(world.Edge.HealthPort, World.Head("GET", "a.test", "/", _token));

        Assert.Equal(404, response?.Status);
        Assert.Equal(200, (await RawConnection.ExchangeAsync(world.Edge.HealthPort, World.Head("GET", "localhost", "/health")))?.Status);
    }
}
