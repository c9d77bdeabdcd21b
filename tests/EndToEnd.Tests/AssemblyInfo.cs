// A topology is a dozen processes: one at a time is what two cores carry.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
