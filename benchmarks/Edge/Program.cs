using ManagedOAuth.Benchmarks.Edge;

// What a valid token costs the edge: the same origin behind a Bypass application and behind a managed one, ten interleaved pairs,
// CPU time of the edge's process per request. See benchmarks/README.md.
await using var topology = await Topology.StartAsync(args.FirstOrDefault() ?? Topology.DefaultEdge());
var pairs = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 10;

await topology.MeasureAsync(topology.Bypass, seconds: 5);
await topology.MeasureAsync(topology.Managed, seconds: 5);

var costs = new List<double>();
for (var pair = 1; pair <= pairs; pair++)
{
    // The order alternates, so that what drifts hits both.
    var managedFirst = pair % 2 == 0;
    var first = await topology.MeasureAsync(managedFirst ? topology.Managed : topology.Bypass, seconds: 5);
    var second = await topology.MeasureAsync(managedFirst ? topology.Bypass : topology.Managed, seconds: 5);
    var (managed, bypass) = managedFirst ? (first, second) : (second, first);
    var cost = (managed.MicrosecondsPerRequest / bypass.MicrosecondsPerRequest) - 1;
    costs.Add(cost);
    Console.WriteLine($"pair {pair,2}: bypass {bypass}, managed {managed}, the token costs {cost:P1}");
}

costs.Sort();
var median = (costs[costs.Count / 2] + costs[(costs.Count - 1) / 2]) / 2;
Console.WriteLine($"median of {costs.Count} pairs: {median:P1} (bound: below 10 %), resident: {topology.ResidentMegabytes()} MB");
return median < 0.10 ? 0 : 1;
