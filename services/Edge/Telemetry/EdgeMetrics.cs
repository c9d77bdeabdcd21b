using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ManagedOAuth.Edge.Telemetry;

/// <summary>What the edge counts. Every tag has a small fixed set of values: nothing that a client chooses becomes one.</summary>
internal static class EdgeMetrics
{
    public const string Name = "ManagedOAuth.Edge";
    private static readonly Meter s_meter = new(Name);
    private static readonly Counter<long> s_allowed = s_meter.CreateCounter<long>("managedoauth.edge.requests.allowed", "{request}", "Requests let in, by credential.");
    private static readonly Counter<long> s_refused = s_meter.CreateCounter<long>("managedoauth.edge.requests.refused", "{request}", "Requests refused, by reason.");
    private static readonly Counter<long> s_serviceTokens = s_meter.CreateCounter<long>("managedoauth.edge.service_tokens.refused", "{request}", "Known service tokens refused where they decide alone, by reason.");
    private static readonly Counter<long> s_notLogged = s_meter.CreateCounter<long>("managedoauth.edge.refusals.unlogged", "{request}", "Refused requests that are counted only: beyond the sample that the log of refusals takes.");
    private static readonly Counter<long> s_failed = s_meter.CreateCounter<long>("managedoauth.edge.forwarding.failed", "{request}", "Requests whose forwarding failed, by error.");

    /// <summary>Spans of forwarded requests.</summary>
    public static readonly ActivitySource Source = new(Name);

    public static void Allowed(string credential) => s_allowed.Add(1, new KeyValuePair<string, object?>("credential", credential));

    public static void Refused(string reason) => s_refused.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public static void RefusalsNotLogged(int count) => s_notLogged.Add(count);

    public static void ServiceTokenRefused(string reason) => s_serviceTokens.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public static void ForwardingFailed(string error) => s_failed.Add(1, new KeyValuePair<string, object?>("error", error));

    /// <summary>Observes the number of open streams.</summary>
    public static ObservableGauge<int> ObserveOpenStreams(Func<int> count)
        => s_meter.CreateObservableGauge("managedoauth.edge.streams.open", count, "{stream}", "Event streams, WebSockets and other long requests that are open.");

    /// <summary>Observes how old what the edge knows may be.</summary>
    public static ObservableGauge<double> ObserveStaleness(Func<double> seconds)
        => s_meter.CreateObservableGauge("managedoauth.edge.staleness", seconds, "s", "Age of the older of configuration and revocations.");
}
