using System.Diagnostics.Metrics;

namespace Marten;

/// <summary>Instruments of the meter <c>Marten</c>.</summary>
internal static class StoreMetrics
{
    public const string MeterName = "Marten";

    private static readonly Meter Meter = new(MeterName);

    public static readonly Counter<long> Appended = Meter.CreateCounter<long>("marten.event.append", description: "Events saved.");

    public static readonly Counter<long> Conflicts = Meter.CreateCounter<long>("marten.stream.conflicts", description: "Saves that lost to another writer.");

    public static readonly Counter<long> Parked = Meter.CreateCounter<long>("marten.daemon.parked", description: "Events that a projection could not take.");
}
