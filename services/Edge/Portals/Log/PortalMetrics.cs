using System.Diagnostics.Metrics;
using ManagedOAuth.Edge.Telemetry;

namespace ManagedOAuth.Edge.Portals.Log;

/// <summary>What portals count. Tags are methods and outcomes of a small fixed set; servers and tools are in the portal's log.</summary>
internal static class PortalMetrics
{
    private static readonly Meter s_meter = new(EdgeMetrics.Name);
    private static readonly Histogram<double> s_duration = s_meter.CreateHistogram<double>("managedoauth.edge.portal.duration", "s", "Requests to portals, by method and outcome.");
    private static readonly Histogram<double> s_server = s_meter.CreateHistogram<double>("managedoauth.edge.portal.server.duration", "s", "How long MCP servers took to answer.");
    private static readonly Counter<long> s_dropped = s_meter.CreateCounter<long>("managedoauth.edge.portal.log.dropped", "{entry}", "Entries of the portal log that were lost.");

    public static void Answered(string method, string outcome, TimeSpan duration)
        => s_duration.Record(duration.TotalSeconds, new("method", method), new("outcome", outcome));

    public static void ServerAnswered(TimeSpan duration) => s_server.Record(duration.TotalSeconds);

    public static void LogDropped(int count = 1) => s_dropped.Add(count);
}
