using ManagedOAuth.Contracts.SigningKeys;
using ManagedOAuth.Token.Keys.Signing;
using ManagedOAuth.Token.Tests.Support;

namespace ManagedOAuth.Token.Tests;

public class RotationTests
{
    private int _made;

    [Fact]
    public void EmptyRing_GetsACurrentAndANextKey()
    {
        var ring = Fold(null, Plan(null, A.Now).Events);
        Assert.Equal(2, ring.Keys.Count);
        Assert.NotNull(ring.Current);
        Assert.NotNull(ring.Next);
    }

    [Fact]
    public void Ring_BeforeTheInterval_StaysAsItIs()
    {
        var ring = Fold(null, Plan(null, A.Now).Events);
        Assert.IsType<SigningKeyLongestAssertionRaised>(Assert.Single(Plan(ring, A.Now).Events));
        ring = Settled(ring, A.Now);
        Assert.Empty(Plan(ring, A.Now.AddDays(41)).Events);
    }

    [Fact]
    public void RetiredKey_ThatSignedLongSessions_StaysForThem_ThoughTheyAreShorterNow()
    {
        var ring = Settled(Fold(null, Plan(null, A.Now, longest: TimeSpan.FromDays(30)).Events), A.Now, longest: TimeSpan.FromDays(30));
        var first = ring.Current!.KeyId;
        Assert.Empty(Plan(ring, A.Now.AddDays(41)).Events);
        ring = Settled(ring, A.Now.AddDays(42));
        Assert.NotEqual(first, ring.Current!.KeyId);

        Assert.Empty(Plan(ring, A.Now.AddDays(42 + 29)).Events);
        Assert.Equal(first, Assert.IsType<SigningKeyRemoved>(Assert.Single(Plan(ring, A.Now.AddDays(42 + 30)).Events)).KeyId);

        // The one that followed signed short sessions alone.
        ring = Settled(Settled(ring, A.Now.AddDays(84)), A.Now.AddDays(84 + 7));
        Assert.Equal(2, ring.Keys.Count);
    }

    [Fact]
    public void Ring_AtTheInterval_UsesTheNextKeyAndPublishesAnother()
    {
        var ring = Fold(null, Plan(null, A.Now).Events);
        var (first, next) = (ring.Current!.KeyId, ring.Next!.KeyId);
        ring = Fold(ring, Plan(ring, A.Now.AddDays(42)).Events);

        Assert.Equal(next, ring.Current!.KeyId);
        Assert.NotNull(ring.Next);
        Assert.Contains(ring.Keys, key => key.KeyId == first && key.RetiredAt is not null);
    }

    [Fact]
    public void Ring_AskedToRotateAtOnce_DoesSoAsSoonAsTheNextKeyIsKnownEverywhere()
    {
        var ring = Fold(null, Plan(null, A.Now).Events);
        var next = ring.Next!.KeyId;
        ring = Settled(ring, A.Now);
        SigningKeyPlan AtOnce(DateTimeOffset now) => SigningKeyRotation.Plan(ring, Needs(now) with { AtOnce = true }, name => new NewSigningKey($"key-{++_made}", name, "", "", []));
        Assert.Empty(AtOnce(A.Now.AddSeconds(9)).Events);
        Assert.Equal(next, Fold(ring, AtOnce(A.Now.AddSeconds(10)).Events).Current!.KeyId);
    }

    [Fact]
    public void RetiredKey_StaysUntilNothingThatItSignedIsValid()
    {
        var ring = Fold(null, Plan(null, A.Now).Events);
        ring = Settled(Settled(ring, A.Now.AddDays(42)), A.Now.AddDays(42));

        Assert.Empty(Plan(ring, A.Now.AddDays(42 + 6)).Events);
        Assert.DoesNotContain(Plan(ring, A.Now.AddDays(42 + 8), longest: TimeSpan.FromDays(30)).Events, change => change is SigningKeyRemoved);
        Assert.IsType<SigningKeyRemoved>(Assert.Single(Plan(ring, A.Now.AddDays(42 + 7)).Events));
    }

    [Fact]
    public void Algorithm_Changed_PublishesFirstAndSignsAfterTheLead()
    {
        var ring = Fold(null, Plan(null, A.Now).Events);
        var rsa = ring.Current!.KeyId;
        ring = Fold(ring, Plan(ring, A.Now.AddDays(1), "ES256").Events);
        Assert.Equal((rsa, "ES256"), (ring.Current!.KeyId, ring.Next!.Algorithm));
        ring = Fold(ring, Plan(ring, A.Now.AddDays(1), "ES256").Events);

        Assert.Empty(Plan(ring, A.Now.AddDays(1).AddSeconds(9), "ES256").Events);
        ring = Fold(ring, Plan(ring, A.Now.AddDays(1).AddSeconds(10), "ES256").Events);
        Assert.Equal(("ES256", "ES256"), (ring.Current!.Algorithm, ring.Next!.Algorithm));
        Assert.Contains(ring.Keys, key => key.KeyId == rsa);
    }

    [Fact]
    public void Years_OfRotation_AlwaysPublishBeforeUse()
    {
        SigningKeyRing? ring = null;
        var published = new HashSet<string>();
        for (var day = 0; day < 1000; day++)
        {
            var before = ring?.Keys.Select(key => key.KeyId).ToHashSet() ?? [];
            ring = Fold(ring, Plan(ring, A.Now.AddDays(day)).Events);
            Assert.True(ring.Keys.Count is 2 or 3);
            Assert.True(day == 0 || before.Contains(ring.Current!.KeyId));
            published.UnionWith(ring.Keys.Select(key => key.KeyId));
        }

        Assert.InRange(published.Count, 24, 26);
    }

    internal static SigningKeyNeeds Needs(DateTimeOffset now, string algorithm = "RS256", TimeSpan? longest = null)
        => new(algorithm, now, TimeSpan.FromDays(42), TimeSpan.FromDays(7), TimeSpan.FromSeconds(10), longest ?? TimeSpan.FromDays(1));

    internal static SigningKeyRing Fold(SigningKeyRing? ring, IEnumerable<object> events)
    {
        foreach (var change in events)
        {
            switch (change)
            {
                case SigningKeyPublished e when ring is null: ring = SigningKeyRing.Create(e); break;
                case SigningKeyPublished e: ring!.Apply(e); break;
                case SigningKeyActivated e: ring!.Apply(e); break;
                case SigningKeyLongestAssertionRaised e: ring!.Apply(e); break;
                case SigningKeyRetired e: ring!.Apply(e); break;
                case SigningKeyRemoved e: ring!.Apply(e); break;
                default: throw new InvalidOperationException(change.GetType().Name);
            }
        }

        return ring!;
    }

    // As often as the keeper comes: what one round decides, the next decides on.
    private SigningKeyRing Settled(SigningKeyRing ring, DateTimeOffset now, TimeSpan? longest = null)
    {
        for (var plan = Plan(ring, now, longest: longest); plan.Events.Count > 0; plan = Plan(ring, now, longest: longest))
        {
            ring = Fold(ring, plan.Events);
        }

        return ring;
    }

    private SigningKeyPlan Plan(SigningKeyRing? ring, DateTimeOffset now, string algorithm = "RS256", TimeSpan? longest = null)
        => SigningKeyRotation.Plan(ring, Needs(now, algorithm, longest), name => new NewSigningKey($"key-{++_made}", name, "", "", []));
}
