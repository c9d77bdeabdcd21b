using ManagedOAuth.EndToEnd.Tests.Topology;

namespace ManagedOAuth.Benchmarks.Administration;

/// <summary>The whole product, one process of each kind.</summary>
internal sealed class OneOfEach() : LocalTopology("token=1,edge=1");
