using System.Globalization;
using ManagedOAuth.Benchmarks;
using ManagedOAuth.Benchmarks.Edge;

// What a valid token costs the edge: the same origin behind a Bypass application and behind a managed one, ten interleaved pairs,
// CPU time of the edge's process per request. See benchmarks/README.md.
const int SlicesPerPair = 4;
const int SliceSeconds = 1;
const int WarmRequests = 200_000;
await using var topology = await Topology.StartAsync(args.FirstOrDefault() ?? MeasuredEdge.Built());
var pairs = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 10;

// Until the compiler has done with both paths: it takes tens of thousands of requests, however long they take.
var (warmBypass, warmManaged) = (Measurement.Nothing, Measurement.Nothing);
while (warmBypass.Requests < WarmRequests || warmManaged.Requests < WarmRequests)
{
    warmBypass += await topology.MeasureAsync(topology.Bypass, SliceSeconds);
    warmManaged += await topology.MeasureAsync(topology.Managed, SliceSeconds);
}

var costs = new List<double>();
for (var pair = 1; pair <= pairs; pair++)
{
    var (bypass, managed) = (Measurement.Nothing, Measurement.Nothing);
    for (var slice = 0; slice < SlicesPerPair; slice++)
    {
        // Short slices in alternating order (b m m b ...), so that what drifts on a shared machine hits both.
        var managedFirst = slice % 2 == 1;
        managed += managedFirst ? await topology.MeasureAsync(topology.Managed, SliceSeconds) : Measurement.Nothing;
        bypass += await topology.MeasureAsync(topology.Bypass, SliceSeconds);
        managed += managedFirst ? Measurement.Nothing : await topology.MeasureAsync(topology.Managed, SliceSeconds);
    }

    var cost = (managed.MicrosecondsPerRequest / bypass.MicrosecondsPerRequest) - 1;
    costs.Add(cost);
    Console.WriteLine($"pair {pair,2}: bypass {bypass}, managed {managed}, the token costs {cost:P1}");
}

costs.Sort();
var median = (costs[costs.Count / 2] + costs[(costs.Count - 1) / 2]) / 2;
Console.WriteLine($"median of {costs.Count} pairs: {median:P1} (bound: below 10 %), resident: {topology.ResidentMegabytes()} MB");
return median < 0.10 ? 0 : 1;
