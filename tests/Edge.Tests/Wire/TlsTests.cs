using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>An https address: HTTP/2 from clients, the same answers.</summary>
[Collection(WorldCollection.Name)]
public sealed class TlsTests(World world) : IAsyncLifetime
{
    private EdgeProcess? _edge;
    private string _thumbprint = "";

    public async Task InitializeAsync()
    {
        var folder = TemporaryFolder.Create("edge-tls");
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=a.test", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _thumbprint = certificate.Thumbprint;
        var (chain, keyFile) = (Path.Combine(folder, "chain.pem"), Path.Combine(folder, "key.pem"));
        await File.WriteAllTextAsync(chain, certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem());
        _edge = await EdgeProcess.StartAsync([.. world.PeerAddresses(), new("Edge:CertificateFile", chain), new("Edge:CertificateKeyFile", keyFile)], scheme: "https");
    }

    public async Task DisposeAsync() => await _edge!.DisposeAsync();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Request_WithEitherVersion_IsAnsweredTheSame(int version)
    {
        var marker = Guid.NewGuid().ToString("N");
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(version, $"/{marker}", null)).Status);

        var (status, used) = await SendAsync(version, $"/{marker}", world.Tokens.AccessToken(world.A));
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal(version, used.Major);
        var received = Assert.Single(world.Origin.With(marker));
        Assert.Equal("https", received["X-Forwarded-Proto"]);
        Assert.Equal("a.test", received["Host"]);
        Assert.DoesNotContain(received.Headers, header => header.Value == "forged");
    }

    [Fact]
    public async Task Trailers_OfAnOrigin_ReachAClientThatCanHaveThem()
    {
        using var origin = new RawOrigin("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n4\r\nbody\r\n0\r\nX-Sum: 42\r\nCf-Access-Jwt-Assertion: forged\r\n\r\n");
        var application = await world.AddAsync("trailers.test", application => application with { Origin = new Contracts.Configuration.Origin { Url = origin.Url } });
        await Eventually.Async(() => _edge!.Get<KeyRing>().Current.SealingKeys.Values.Any(key => key.ApplicationId == application.Id));
        await Eventually.Async(() => _edge!.Get<RouteTableSource>().Current!.FindApplication(application.Id) is not null);

        using var client = Client();
        using var response = await client.SendAsync(Request(2, "/", world.Tokens.AccessToken(application), "trailers.test"), CancellationToken.None);

        Assert.Equal("body", await response.Content.ReadAsStringAsync());
        Assert.Equal("42", Assert.Single(response.TrailingHeaders.GetValues("X-Sum")));
        Assert.False(response.TrailingHeaders.Contains("Cf-Access-Jwt-Assertion"));
    }

    [Fact]
    public async Task Http2_AuthorityDecides_AndHostNever()
    {
        var open = await world.AddAsync("open2.test", null, World.PolicyOf(PolicyAction.Bypass, new Rule.Everyone()));
        await Eventually.Async(() => _edge!.Get<RouteTableSource>().Current!.FindApplication(open.Id) is not null);
        Assert.Equal("200", await AskAsync((":authority", "open2.test")));
        Assert.Equal("401", await AskAsync((":authority", "a.test")));

        Assert.Contains(await AskAsync((":authority", "a.test"), ("host", "open2.test")), s_refusals.Append("401"));
        Assert.Contains(await AskAsync((":authority", "nowhere.test"), ("host", "open2.test")), s_refusals.Append("421").Append("404"));
    }

    [Theory]
    [InlineData(":path", "admin/x")]
    [InlineData(":path", "*")]
    [InlineData(":path", "")]
    [InlineData(":path", "/a b")]
    [InlineData(":path", "/a#b")]
    [InlineData(":scheme", "http")]
    [InlineData(":scheme", "https://a.test/")]
    [InlineData(":method", "GE T")]
    [InlineData(":method", "")]
    [InlineData(":authority", "a.test/x")]
    [InlineData(":authority", "user@a.test")]
    public async Task Http2_PseudoHeaderThatNoRequestHas_IsRefused(string name, string value)
        => Assert.Contains(await AskAsync((name, value)), s_refusals);

    [Theory]
    [InlineData(":path", "/other")]
    [InlineData(":method", "POST")]
    [InlineData(":authority", "b.test")]
    [InlineData(":status", "200")]
    [InlineData("Upper-Case", "x")]
    [InlineData("connection", "keep-alive")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("te", "gzip")]
    [InlineData("x-bad", "a\r\nb: c")]
    [InlineData("x-bad", "a\0b")]
    public async Task Http2_FieldThatNoRequestMayHave_IsRefused(string name, string value)
    {
        var fields = Request2([]).Append((name, value)).ToArray();
        Assert.Contains(await RawHttp2.AskAsync(_edge!.Port, fields), s_refusals);
    }

    [Theory]
    [InlineData("reset")]
    [InlineData("streams")]
    [InlineData("ping")]
    [InlineData("settings")]
    [InlineData("continuation")]
    public async Task Http2_FloodOnOneConnection_DisturbsNoOther(string kind)
    {
        await RawHttp2.FloodAsync(_edge!.Port, kind, 3000, Request2([]));
        Assert.Equal("401", await AskAsync());
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(2, "/flooded", world.Tokens.AccessToken(world.A))).Status);
    }

    private static readonly string[] s_refusals = ["400", "reset", "closed"];

    private Task<string> AskAsync(params (string Name, string Value)[] changes) => RawHttp2.AskAsync(_edge!.Port, Request2(changes));

    // A good request, with what a test changes in it put in the place where it belongs.
    private static (string Name, string Value)[] Request2((string Name, string Value)[] changes)
    {
        (string Name, string Value)[] good = [(":method", "GET"), (":scheme", "https"), (":path", "/orders"), (":authority", "a.test")];
        return
        [
            .. good.Select(field => changes.FirstOrDefault(change => change.Name == field.Name) is { Name: not null } change ? change : field),
            .. changes.Where(change => change.Name[0] != ':'),
        ];
    }

    private async Task<(HttpStatusCode Status, Version Version)> SendAsync(int version, string path, string? token)
    {
        using var client = Client();
        using var response = await client.SendAsync(Request(version, path, token, "a.test"), CancellationToken.None);
        return (response.StatusCode, response.Version);
    }

    private HttpMessageInvoker Client() => new(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate?.GetCertHashString() == _thumbprint } });

    private HttpRequestMessage Request(int version, string path, string? token, string host)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, $"https://127.0.0.1:{_edge!.Port}{path}")
        {
            Version = new Version(version, version == 1 ? 1 : 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        request.Headers.Host = host;
        request.Headers.TryAddWithoutValidation("cf-access-jwt-assertion", "forged");
        if (token is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        }

        return request;
    }
}
