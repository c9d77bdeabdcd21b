namespace ManagedOAuth.Benchmarks.Edge;

/// <summary>What is asked: a host, and the header lines that go along.</summary>
internal sealed record Target(string Host, IReadOnlyList<string> Headers);
