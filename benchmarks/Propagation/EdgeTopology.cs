using System.Globalization;
using ManagedOAuth.EndToEnd.Tests.Topology;

namespace ManagedOAuth.Benchmarks.Propagation;

/// <summary>The whole product with many edges.</summary>
internal sealed class EdgeTopology(int edges) : LocalTopology(string.Create(CultureInfo.InvariantCulture, $"token=1,edge={edges}"));
