using ManagedOAuth.EndToEnd.Tests.Topology;

namespace ManagedOAuth.EndToEnd.Tests.Faults;

/// <summary>A topology with one replica of everything, whose processes are killed, and which is stopped and started again.</summary>
public sealed class FaultTopology() : LocalTopology("token=1,edge=1", keepsData: true);
