using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Primitives;

namespace Grpc.Net.Client.Balancing;

/// <summary>
/// The addresses behind a URL, by Microsoft.Extensions.ServiceDiscovery's conventions: <c>http://_grpc.token</c> is the endpoint
/// <c>grpc</c> of the service <c>token</c> (<c>services:token:grpc:0</c>, <c>:1</c>, ...); <c>http://token</c> is its endpoint
/// <c>default</c> or <c>http</c>; a host that configuration does not know is an ordinary host name.
/// </summary>
internal sealed class ServiceAddress
{
    private readonly Uri _address;
    private readonly IConfiguration? _configuration;
    private readonly string _service;
    private readonly string? _endpoint;

    public ServiceAddress(Uri address, IConfiguration? configuration)
    {
        _address = address;
        _configuration = configuration;
        var dot = address.Host.IndexOf('.', StringComparison.Ordinal);
        if (address.Host.StartsWith('_') && dot > 1)
        {
            _endpoint = address.Host[1..dot];
            _service = address.Host[(dot + 1)..];
        }
        else
        {
            _service = address.Host;
        }
    }

    public string NoAddress => $"No address of '{_address.Host}' is configured (services:{_service}:{_endpoint ?? "default"}:0).";

    public IChangeToken? GetReloadToken() => _configuration?.GetReloadToken();

    /// <summary>Every replica's address. Empty: a named endpoint without configuration.</summary>
    /// <exception cref="InvalidOperationException">A configured value is not an address.</exception>
    public IReadOnlyList<Uri> Resolve()
    {
        var service = _configuration?.GetSection("services").GetSection(_service);
        if (_endpoint is not null)
        {
            return service is null ? [] : Read(service.GetSection(_endpoint));
        }

        if (service is null || !service.Exists())
        {
            return [_address];
        }

        var addresses = Read(service.GetSection("default"));
        if (addresses.Count == 0)
        {
            addresses = Read(service.GetSection(_address.Scheme));
        }

        return addresses.Count == 0 ? [_address] : addresses;
    }

    private List<Uri> Read(IConfigurationSection endpoint)
    {
        IEnumerable<IConfigurationSection> sections = endpoint.Value is null
            ? endpoint.GetChildren().OrderBy(child => int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var n)
                ? n
                : throw new InvalidOperationException($"'{child.Path}' is not an index of an address."))
            : [endpoint];
        return [.. sections.Where(section => !string.IsNullOrWhiteSpace(section.Value)).Select(Parse).Distinct()];
    }

    private Uri Parse(IConfigurationSection section)
    {
        var text = section.Value!.Contains("://", StringComparison.Ordinal) ? section.Value : $"{_address.Scheme}://{section.Value}";
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps)
            ? uri
            : throw new InvalidOperationException($"'{section.Value}' of '{section.Path}' is not an http or https address.");
    }
}
