using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Tests.Feed;

public sealed class ConfigurationStateTests
{
    [Fact]
    public void Since_GivesWhatChangedAfterAPosition_HoweverLongAgoThatIs()
    {
        var ids = Enumerable.Range(0, 3000).Select(_ => Guid.NewGuid()).ToList();
        var state = ConfigurationState.Empty.With("tag", Guid.NewGuid(), 1, 0, new Tag { Id = Guid.NewGuid(), Name = "loaded" });
        for (var index = 0; index < ids.Count; index++)
        {
            state = state.With("tag", ids[index], 1, index + 1, new Tag { Id = ids[index], Name = "x" }).At(index + 1);
        }

        // One of the first changes again, one goes.
        state = state.With("tag", ids[5], 2, 3001, new Tag { Id = ids[5], Name = "y" }).With("tag", ids[6], 2, 3002, null).At(3002);
        foreach (var position in new long[] { 0, 1, 1000, 2002, 2003, 2999, 3000, 3001, 3002 })
        {
            var expected = state.Entries.Values.Where(entry => entry.Position > position).Select(entry => entry.Id).Order();
            Assert.Equal(expected, state.Since(position).Select(entry => entry.Id).Order());
        }
    }
}
