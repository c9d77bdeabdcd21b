using System.Globalization;
using System.Net;
using Microsoft.Extensions.Configuration;

namespace ManagedOAuth.ServiceDefaults.Outbound;

/// <summary>The addresses of our own parts as this process knows them: databases and the private endpoints of the services.</summary>
public sealed class InternalAddresses
{
    private readonly HashSet<(string Host, int Port)> _addresses = [];

    public InternalAddresses(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        foreach (var value in configuration.GetSection("services").AsEnumerable().Concat(configuration.GetSection("Kestrel:Endpoints").AsEnumerable()).Select(pair => pair.Value))
        {
            if (Uri.TryCreate(value, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https")
            {
                Add(uri.Host, uri.Port);
            }
        }

        AddFrom(configuration.GetConnectionString("managedoauth"), ';', "Host", "Port", 5432);
        if (configuration.GetConnectionString("redis")?.Split(',')[0].Split(':') is [var host, var port] && int.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var redis))
        {
            Add(host, redis);
        }
    }

    /// <summary>Whether this host and port is one of ours; the loopback names count as one host.</summary>
    public bool Contains(string host, int port) => _addresses.Contains((Canonical(host), port));

    private void AddFrom(string? connectionString, char separator, string hostKey, string portKey, int fallback)
    {
        var parts = (connectionString ?? "").Split(separator)
            .Select(part => part.Split('=', 2))
            .Where(part => part.Length == 2)
            .GroupBy(part => part[0].Trim(), part => part[1].Trim(), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(group => group.Key, group => group.Last(), StringComparer.OrdinalIgnoreCase);
        if (parts.TryGetValue(hostKey, out var host))
        {
            Add(host, parts.TryGetValue(portKey, out var text) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? port : fallback);
        }
    }

    private void Add(string host, int port) => _addresses.Add((Canonical(host), port));

    private static string Canonical(string host)
    {
        if (!IPAddress.TryParse(host.Trim('[', ']'), out var address))
        {
            return host.Equals("localhost", StringComparison.OrdinalIgnoreCase) ? "127.0.0.1" : host.ToLowerInvariant();
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return IPAddress.IsLoopback(plain) ? "127.0.0.1" : plain.ToString();
    }
}
