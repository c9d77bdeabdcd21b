namespace ManagedOAuth.EndToEnd.Tests.Topology;

/// <summary>Tests that share one running topology with two replicas of Token and of Edge. Each uses users and clients of its own.</summary>
[CollectionDefinition(Name)]
public sealed class TopologyCollection : ICollectionFixture<LocalTopology>
{
    public const string Name = "topology";
}
