namespace ManagedOAuth.Edge.Hosting;

/// <summary>The static part of the edge's configuration (section <c>Edge</c>); everything else comes by the configuration feed.</summary>
public sealed class EdgeOptions
{
    public const string Section = "Edge";

    /// <summary>
    /// Public addresses to listen on, such as <c>http://localhost:8700</c>. A loopback host listens on 127.0.0.1 and [::1], <c>*</c> on
    /// every address, any other host must be an IP address. Replicas may share them.
    /// </summary>
    public IList<string> Listen { get; } = [];

    /// <summary>Scheme and authority where people log in: <c>http://localhost:8702</c>.</summary>
    public string TeamDomain { get; set; } = "";

    /// <summary>Scheme and authority of the dashboard and the admin API: <c>http://localhost:8703</c>.</summary>
    public string DashboardDomain { get; set; } = "";

    /// <summary>PEM file of the certificate chain for https addresses.</summary>
    public string CertificateFile { get; set; } = "";

    /// <summary>PEM file of the certificate's private key.</summary>
    public string CertificateKeyFile { get; set; } = "";

    /// <summary>
    /// Proxies in front of the edge, as networks (CIDR) or addresses: only from them is <c>X-Forwarded-For</c> believed. None by default: the client is
    /// whoever connects.
    /// </summary>
    public IList<string> TrustedProxies { get; } = [];

    /// <summary>Longest body that is forwarded to an application, in bytes.</summary>
    public long MaxRequestBodyBytes { get; set; } = 1L << 30;

    /// <summary>
    /// How long an event stream or a WebSocket may be silent before it is closed. An origin's activity timeout holds for all other
    /// answers, and for these too where it is longer.
    /// </summary>
    public TimeSpan StreamIdleTimeout { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>
    /// How long requests that are under way may still take when the edge is told to end; then their connections are cut. Below what whoever ends
    /// processes waits before it kills them.
    /// </summary>
    public TimeSpan DrainTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a request waits for the assertion that stands for a service token, or that Token makes out of another one. After that it is an outage.</summary>
    public TimeSpan MintDeadline { get; set; } = TimeSpan.FromSeconds(3);
}
