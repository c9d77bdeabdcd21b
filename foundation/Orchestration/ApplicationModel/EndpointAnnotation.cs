using System.Globalization;
using Aspire.Hosting.Local;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>An address that a resource listens on. There is no proxy in between: every replica has a port of its own, unless the port is shared.</summary>
public sealed class EndpointAnnotation(string name, int? port, string transport, bool shared) : IResourceAnnotation
{
    private int[] _ports = [];

    /// <summary>Unique in the resource; the third part of <c>services__{resource}__{endpoint}__{n}</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The port that is demanded; null takes a free one.</summary>
    public int? Port { get; } = port;

    /// <summary><c>http</c> or <c>http2</c> (gRPC in clear text).</summary>
    public string Transport { get; } = transport;

    /// <summary>All replicas listen on the same port (SO_REUSEPORT), which the service does itself: nothing is injected for it.</summary>
    public bool IsShared { get; } = shared;

    /// <summary>The port of a replica.</summary>
    /// <exception cref="InvalidOperationException">Ports are given out when the host starts.</exception>
    public int PortOf(int replica) => _ports.Length > 0
        ? _ports[IsShared ? 0 : replica]
        : throw new InvalidOperationException($"Endpoint '{Name}' has no port before the host starts.");

    /// <summary>The URL of a replica.</summary>
    public string UrlOf(int replica) => string.Create(CultureInfo.InvariantCulture, $"http://{(IsShared ? "localhost" : "127.0.0.1")}:{PortOf(replica)}");

    /// <summary>Gives every replica its port, once.</summary>
    internal void Allocate(IResource resource, int replicas)
    {
        if (Port is { } port && replicas > 1 && !IsShared)
        {
            throw new InvalidOperationException($"Endpoint '{Name}' of '{resource.Name}' has the fixed port {port}, which {replicas} replicas cannot each have.");
        }
        _ports = IsShared || replicas == 1 ? [Port ?? FreePort.Next()] : [.. Enumerable.Range(0, replicas).Select(_ => FreePort.Next())];
    }
}

/// <summary>A reference to an endpoint, usable before its port is known.</summary>
public sealed class EndpointReference(IResourceWithEndpoints owner, string endpointName)
{
    /// <summary>Whose endpoint.</summary>
    public IResourceWithEndpoints Resource { get; } = owner;

    /// <summary>Its name.</summary>
    public string EndpointName { get; } = endpointName;

    /// <summary>URL of the first replica.</summary>
    public string Url => Annotation.UrlOf(0);

    /// <summary>Port of the first replica.</summary>
    public int Port => Annotation.PortOf(0);

    private EndpointAnnotation Annotation => Resource.Annotations.OfType<EndpointAnnotation>().SingleOrDefault(e => e.Name == EndpointName)
        ?? throw new InvalidOperationException($"The resource '{Resource.Name}' has no endpoint '{EndpointName}'.");

    /// <summary>The URL.</summary>
    public override string ToString() => Url;
}
