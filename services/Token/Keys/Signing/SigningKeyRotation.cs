using ManagedOAuth.Contracts.SigningKeys;

namespace ManagedOAuth.Token.Keys.Signing;

/// <summary>What has to happen to the ring now.</summary>
/// <param name="Events">To append at the version of the ring that was decided on.</param>
/// <param name="NewKeys">Private keys behind the <see cref="SigningKeyPublished"/> among them.</param>
public sealed record SigningKeyPlan(IReadOnlyList<object> Events, IReadOnlyList<NewSigningKey> NewKeys);

/// <summary>What a decision on the ring depends on.</summary>
/// <param name="Algorithm">The organization's choice.</param>
/// <param name="LongestAssertion">The longest that anything signed now may be valid.</param>
public sealed record SigningKeyNeeds(string Algorithm, DateTimeOffset Now, TimeSpan Interval, TimeSpan Overlap, TimeSpan Lead, TimeSpan LongestAssertion)
{
    /// <summary>The next key takes over whether its time has come or not.</summary>
    public bool AtOnce { get; init; }
}

/// <summary>
/// Decides rotation. There are always two keys at least: the one that signs and the next, published long before it is used, so that
/// nobody ever sees a signature whose key he could not know. A retired key stays until nothing that it signed can be valid: for as long as the longest
/// assertion could live at any time while it signed, which the ring remembers when a setting is lowered.
/// </summary>
public static class SigningKeyRotation
{
    public static SigningKeyPlan Plan(SigningKeyRing? ring, SigningKeyNeeds needs, Func<string, NewSigningKey> make)
    {
        ArgumentNullException.ThrowIfNull(needs);
        ArgumentNullException.ThrowIfNull(make);
        var events = new List<object>();
        var made = new List<NewSigningKey>();
        var (current, next) = (ring?.Current, ring?.Next);

        if (current is null && next is null)
        {
            // The very first key has nobody before it who could sign: it signs at once.
            events.Add(new SigningKeyActivated(Publish(), needs.Now));
            Publish();
            return new SigningKeyPlan(events, made);
        }

        if (next is not null && next.Algorithm != needs.Algorithm)
        {
            events.Add(new SigningKeyRemoved(next.KeyId, needs.Now));
            next = null;
        }

        var isDue = needs.AtOnce || current is null || current.Algorithm != needs.Algorithm || current.ActivatedAt + needs.Interval <= needs.Now;
        if (next is null)
        {
            Publish();
        }
        else if (isDue && next.PublishedAt + needs.Lead <= needs.Now)
        {
            if (current is not null)
            {
                events.Add(new SigningKeyRetired(current.KeyId, needs.Now));
            }

            events.Add(new SigningKeyActivated(next.KeyId, needs.Now));
            Publish();
        }

        if (current is not null && current.LongestAssertion < needs.LongestAssertion)
        {
            events.Add(new SigningKeyLongestAssertionRaised(current.KeyId, (long)Math.Ceiling(needs.LongestAssertion.TotalSeconds), needs.Now));
        }

        events.AddRange(ring!.Keys
            .Where(key => key.RetiredAt + Longest(needs.Overlap, needs.LongestAssertion, key.LongestAssertion) <= needs.Now)
            .Select(key => new SigningKeyRemoved(key.KeyId, needs.Now)));
        return new SigningKeyPlan(events, made);

        static TimeSpan Longest(params ReadOnlySpan<TimeSpan> times)
        {
            var longest = times[0];
            foreach (var time in times)
            {
                longest = time > longest ? time : longest;
            }

            return longest;
        }

        string Publish()
        {
            var key = make(needs.Algorithm);
            made.Add(key);
            events.Add(new SigningKeyPublished
            {
                KeyId = key.KeyId,
                Algorithm = key.Algorithm,
                PublicKey = key.PublicKey,
                Certificate = key.Certificate,
                At = needs.Now,
            });
            return key.KeyId;
        }
    }
}
