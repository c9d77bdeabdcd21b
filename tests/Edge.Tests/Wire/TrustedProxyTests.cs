using ManagedOAuth.Contracts.Policies;
using ManagedOAuth.Edge.Feeds;
using ManagedOAuth.Edge.Routing;
using ManagedOAuth.Edge.Tests.Harness;
using ManagedOAuth.ServiceDefaults.Countries;
using ManagedOAuth.Testing;

namespace ManagedOAuth.Edge.Tests.Wire;

/// <summary>An edge behind a proxy that it is told to trust, and what others say of themselves.</summary>
[Collection(WorldCollection.Name)]
public sealed class TrustedProxyTests(World world) : IAsyncLifetime
{
    private readonly string _host = $"behind-{Guid.NewGuid():N}.test";
    private readonly string _abroad = $"geo-{Guid.NewGuid():N}.test";
    private readonly string _countries = Path.Combine(TemporaryFolder.Create("countries"), "networks.csv");
    private EdgeProcess? _edge;
    private string _token = "";
    private string _abroadToken = "";

    public async Task InitializeAsync()
    {
        var application = await world.AddAsync(_host, null, World.Allow(new Rule.Ip("198.51.100.0/24")));
        _token = World.Bearer(world.Tokens.AccessToken(application));
        var abroad = await world.AddAsync(_abroad, null, World.Allow(new Rule.Geo("SE")));
        _abroadToken = World.Bearer(world.Tokens.AccessToken(abroad));
        await File.WriteAllTextAsync(_countries, "network,country\n198.51.100.0/24,SE\n192.0.2.0/24,DE\n");
        _edge = await EdgeProcess.StartAsync([.. world.PeerAddresses(), new("Edge:TrustedProxies:0", "127.0.0.0/8"), new("Edge:TrustedProxies:1", "::1"), new("Geo:Networks", _countries)]);
        await Eventually.Async(() => _edge.Get<RouteTableSource>().Current?.FindApplication(application.Id) is not null
            && _edge.Get<RouteTableSource>().Current?.FindApplication(abroad.Id) is not null
            && new[] { application.Id, abroad.Id }.All(id => _edge.Get<KeyRing>().Current.SealingKeys.Values.Any(key => key.ApplicationId == id)));
    }

    public async Task DisposeAsync() => await _edge!.DisposeAsync();

    [Theory]
    [InlineData(200, "X-Forwarded-For: 198.51.100.9")]
    [InlineData(200, "X-Forwarded-For: 203.0.113.1, 198.51.100.9")]
    [InlineData(403, "X-Forwarded-For: 198.51.100.9, 203.0.113.1")] // the client wrote the left one itself
    [InlineData(403, "X-Forwarded-For: nonsense")]
    [InlineData(403, "X_Forwarded_For: 198.51.100.9")]
    [InlineData(403, "X-Real-IP: 198.51.100.9")]
    [InlineData(403, "Forwarded: for=198.51.100.9")]
    public async Task IpRule_SeesTheClient_AndNobodyWhoClaimsToBeOne(int status, string header)
    {
        var response = await RawConnection.ExchangeAsync(_edge!.Port, World.Head("GET", _host, "/", _token, header));

        Assert.Equal(status, response?.Status);
    }

    [Fact]
    public async Task GeoRule_SeesTheClientsCountry_AndAnotherListAtOnce()
    {
        Assert.Equal(200, await FromAsync("198.51.100.9"));
        Assert.Equal(403, await FromAsync("192.0.2.9"));
        Assert.Equal(403, await FromAsync("203.0.113.9"));

        await File.WriteAllTextAsync(_countries, "192.0.2.0/24,SE\n198.51.100.0/24,DE\n");
        _edge!.Get<CountryFile>().Look();
        Assert.Equal(200, await FromAsync("192.0.2.9"));
        Assert.Equal(403, await FromAsync("198.51.100.9"));

        // What cannot be read changes nothing.
        await File.WriteAllTextAsync(_countries, "one,two\nthree,four,five\n");
        _edge.Get<CountryFile>().Look();
        Assert.Equal(200, await FromAsync("192.0.2.9"));
    }

    private async Task<int?> FromAsync(string address) => (await RawConnection.ExchangeAsync(_edge!.Port, World.Head("GET", _abroad, "/", _abroadToken, $"X-Forwarded-For: {address}")))?.Status;

    [Fact]
    public async Task Origin_GetsTheClientsAddressAlone_AndSchemeAndHostFromTheConfiguration()
    {
        var marker = Guid.NewGuid().ToString("N");
        var response = await RawConnection.ExchangeAsync(
            _edge!.Port,
            World.Head("GET", _host, $"/{marker}", _token, "X-Forwarded-For: 203.0.113.1, 198.51.100.9", "X-Forwarded-Proto: http", "X-Forwarded-Host: evil.test"));

        Assert.Equal(200, response?.Status);
        var received = Assert.Single(world.Origin.With(marker));
        Assert.Equal("198.51.100.9", Assert.Single(received.All("X-Forwarded-For")));
        Assert.Equal("https", Assert.Single(received.All("X-Forwarded-Proto")));
        Assert.Equal(_host, Assert.Single(received.All("X-Forwarded-Host")));
    }

    [Fact]
    public async Task EdgeWithoutTrustedProxies_BelievesNobody()
    {
        var response = await world.GetAsync(_host, "/", _token, "X-Forwarded-For: 198.51.100.9");

        Assert.Equal(403, response?.Status);
    }
}
