using System.Buffers.Binary;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Edge.Feeds;

namespace ManagedOAuth.Edge.Tests.Feeds;

public sealed class KeyRingTests
{
    private readonly KeyRing _ring = new();

    [Fact]
    public void Set_InSeveralFrames_CountsWhenItIsWhole()
    {
        _ring.Apply(Frame([1, 2], more: true));
        Assert.False(_ring.IsLoaded);
        _ring.Apply(Frame([3]));
        Assert.True(_ring.IsLoaded);
        Assert.Equal<ulong>([1, 2, 3], _ring.Current.SealingKeys.Keys.Order());
    }

    [Fact]
    public void Set_BrokenOff_IsForgottenWithItsStream()
    {
        _ring.Apply(Frame([1, 2], more: true));
        _ring.Begin();
        _ring.Apply(Frame([3]));
        Assert.Equal(3ul, Assert.Single(_ring.Current.SealingKeys.Keys));
    }

    [Fact]
    public void SignOfLife_KeepsTheSet_AndSoDoesTheSameSetAgain()
    {
        _ring.Apply(Frame([1, 2]));
        var before = _ring.Current;
        _ring.Apply(new KeysFrame { Unchanged = true });
        _ring.Apply(Frame([1], more: true));
        _ring.Apply(Frame([2]));
        Assert.Same(before, _ring.Current);
    }

    private static KeysFrame Frame(IEnumerable<ulong> ids, bool more = false)
    {
        var frame = new KeysFrame { More = more };
        frame.SealingKeys.AddRange(ids.Select(static id =>
        {
            var bytes = new byte[8];
            BinaryPrimitives.WriteUInt64BigEndian(bytes, id);
            return new Contracts.Token.SealingKey
            {
                ApplicationId = Guid.Empty.ToString(),
                KeyId = ByteString.CopyFrom(bytes),
                Key = ByteString.CopyFrom(new byte[32]),
                NotAfter = Timestamp.FromDateTime(DateTime.UnixEpoch),
            };
        }));
        return frame;
    }
}
