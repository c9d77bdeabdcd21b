using ManagedOAuth.EndToEnd.Tests.Topology;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>An installation at its very beginning: no organization, no application, nothing but an API token.</summary>
public sealed class EmptyTopology() : LocalTopology("token=1,edge=1", seed: false);
