using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Wolverine.Runtime;

/// <summary>Spans and figures of the messaging runtime: source and meter <c>ManagedOAuth.Messaging</c>. Never a message's content.</summary>
internal static class MessagingTelemetry
{
    public const string Name = "ManagedOAuth.Messaging";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter s_meter = new(Name);

    public static readonly Counter<long> Published = s_meter.CreateCounter<long>("managedoauth.messaging.published", "{message}", "Messages stored for a receiver");

    public static readonly Counter<long> Recovered = s_meter.CreateCounter<long>("managedoauth.messaging.recovered", "{message}", "Messages taken back from nodes that died");

    private static readonly Counter<long> s_processed = s_meter.CreateCounter<long>("managedoauth.messaging.processed", "{message}", "Attempts, by outcome");

    private static readonly Histogram<double> s_duration = s_meter.CreateHistogram<double>("managedoauth.messaging.process.duration", "s", "Time of one attempt");

    /// <summary>The span of one attempt, child of the publisher's span.</summary>
    public static Activity? StartProcessing(Envelope envelope)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        _ = ActivityContext.TryParse(envelope.ParentId, null, isRemote: true, out var parent);
        var activity = Source.CreateActivity($"process {envelope.Destination}", ActivityKind.Consumer, parent);
        activity?.SetTag("messaging.system", "postgresql");
        activity?.SetTag("messaging.operation.type", "process");
        activity?.SetTag("messaging.destination.name", envelope.Destination);
        activity?.SetTag("messaging.message.id", envelope.Id.ToString());
        activity?.SetTag("managedoauth.messaging.type", envelope.MessageType);
        activity?.SetTag("managedoauth.messaging.attempt", envelope.Attempts);
        return activity?.Start();
    }

    public static void Processed(Envelope envelope, string outcome, long startedAt)
    {
        var tags = new TagList { { "messaging.destination.name", envelope.Destination }, { "outcome", outcome } };
        s_processed.Add(1, tags);
        s_duration.Record(Stopwatch.GetElapsedTime(startedAt).TotalSeconds, tags);
    }
}
