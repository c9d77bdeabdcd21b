namespace ManagedOAuth.Benchmarks.Edge;

/// <summary>What runs of the load generator against one application came to.</summary>
/// <param name="Requests">Answered requests; a run with any error fails instead.</param>
/// <param name="Cpu">CPU time of the edge's process meanwhile, user and system.</param>
/// <param name="Elapsed">Wall clock.</param>
internal sealed record Measurement(long Requests, TimeSpan Cpu, TimeSpan Elapsed)
{
    public static readonly Measurement Nothing = new(0, TimeSpan.Zero, TimeSpan.Zero);

    public double MicrosecondsPerRequest => Cpu.TotalMicroseconds / Requests;

    public static Measurement operator +(Measurement left, Measurement right)
        => new(left.Requests + right.Requests, left.Cpu + right.Cpu, left.Elapsed + right.Elapsed);

    public override string ToString() => $"{MicrosecondsPerRequest:F1} µs CPU/request at {Requests / Elapsed.TotalSeconds:F0}/s";
}
