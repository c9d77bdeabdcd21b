using ManagedOAuth.Contracts.Configuration;
using ManagedOAuth.Edge.Hosting;
using ManagedOAuth.ServiceDefaults.Snapshots;

namespace ManagedOAuth.Edge.Routing;

/// <summary>The route table of the newest configuration; null until there is one.</summary>
internal sealed class RouteTableSource : IDisposable
{
    private readonly IConfigurationSnapshots _configuration;
    private readonly EdgeAddresses _addresses;
    private RouteTable? _current;

    public RouteTableSource(IConfigurationSnapshots configuration, EdgeAddresses addresses)
    {
        _configuration = configuration;
        _addresses = addresses;
        configuration.Changed += Publish;
        if (configuration.IsLoaded)
        {
            Publish(configuration.Current);
        }
    }

    public RouteTable? Current => Volatile.Read(ref _current);

    /// <summary>The configuration changed: open streams are looked at again.</summary>
    public event Action? Changed;

    public void Dispose() => _configuration.Changed -= Publish;

    private void Publish(ConfigurationSnapshot snapshot)
    {
        Volatile.Write(ref _current, RouteTable.Build(snapshot, _addresses.TeamOrigin, _addresses.DashboardOrigin, Volatile.Read(ref _current)));
        Changed?.Invoke();
    }
}
