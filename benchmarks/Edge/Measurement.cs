namespace ManagedOAuth.Benchmarks.Edge;

/// <summary>One run of the load generator against one application.</summary>
/// <param name="Requests">Answered requests; a run with any error fails instead.</param>
/// <param name="RequestsPerSecond">As the generator counts them.</param>
/// <param name="MicrosecondsPerRequest">CPU time of the edge's process, user and system, per answered request.</param>
internal sealed record Measurement(long Requests, double RequestsPerSecond, double MicrosecondsPerRequest)
{
    public override string ToString() => $"{MicrosecondsPerRequest:F1} µs CPU/request at {RequestsPerSecond:F0}/s";
}
