using ManagedOAuth.Token.Revocation;
using ManagedOAuth.Token.Tests.Support;

namespace ManagedOAuth.Token.Tests;

public class RevocationLogTests
{
    private readonly RevocationLog _log = new();

    [Fact]
    public void Entry_AddedTwice_IsReadOnce()
    {
        var entry = Entry(1);
        _log.Load("e", 5, [entry], A.Now);
        _log.Add([entry, Entry(2)], 9, A.Now.AddSeconds(1));
        var all = _log.Read(0);

        Assert.Equal(2, all.Entries.Count);
        Assert.Equal((9, A.Now.AddSeconds(1)), (all.Position, all.ReadAt));
        Assert.Empty(_log.Read(all.Place).Entries);
    }

    [Fact]
    public void WholeGrantAndSingleToken_AreTwoEntries()
    {
        var grant = Guid.NewGuid();
        _log.Load("e", 0, [], A.Now);
        _log.Add([new RevokedCredential(grant, Guid.NewGuid(), A.Now), new RevokedCredential(grant, null, A.Now)], 1, A.Now);
        Assert.Equal(2, _log.Read(0).Entries.Count);
    }

    [Fact]
    public void Entries_Forgotten_DoNotMoveAReadersPlace()
    {
        _log.Load("e", 0, [Entry(1), Entry(2), Entry(60)], A.Now);
        var place = _log.Read(0).Place;
        _log.Forget(A.Now.AddMinutes(5));
        Assert.Single(_log.Read(0).Entries);
        var late = Entry(90);
        _log.Add([late], 3, A.Now);

        Assert.Equal([late], _log.Read(place).Entries);
    }

    [Fact]
    public void Entry_ThatStaysLong_KeepsNoOtherOne()
    {
        var stays = Entry(60 * 24);
        _log.Load("e", 0, [stays], A.Now);
        _log.Add(Enumerable.Range(0, 1_000).Select(_ => Entry(17)), 1, A.Now);
        var place = _log.Read(0).Place;
        _log.Forget(A.Now.AddHours(1));
        var late = Entry(90);
        _log.Add([late], 2, A.Now);

        Assert.Equal([stays, late], _log.Read(0).Entries);
        Assert.Equal([late], _log.Read(place).Entries);
    }

    [Fact]
    public void Position_NeverGoesBack()
    {
        _log.Load("e", 5, [], A.Now);
        _log.Add([], 3, A.Now);
        Assert.Equal(5, _log.Position);
    }

    private static RevokedCredential Entry(int minutes) => new(Guid.NewGuid(), null, A.Now.AddMinutes(minutes));
}
