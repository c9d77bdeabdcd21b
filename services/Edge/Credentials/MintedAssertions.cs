using System.Collections.Concurrent;

namespace ManagedOAuth.Edge.Credentials;

/// <summary>Assertions that were asked of Token: each once, however many requests wait, and used until most of its life is over.</summary>
/// <typeparam name="TKey">What an assertion stands for.</typeparam>
internal sealed class MintedAssertions<TKey>(TimeProvider clock)
    where TKey : notnull
{
    private const int Maximum = 10_000;
    private readonly ConcurrentDictionary<TKey, Minted> _minted = new();
    private readonly ConcurrentDictionary<TKey, Lazy<Task<Minted?>>> _asking = new();

    /// <summary>Null when there is none and <paramref name="ask"/> brings none.</summary>
    public async ValueTask<Minted?> GetAsync(TKey key, Func<Task<Minted?>> ask, CancellationToken cancellationToken)
    {
        var known = _minted.GetValueOrDefault(key);
        var now = clock.GetUtcNow();
        if (known is not null && now < known.RenewAt)
        {
            return known;
        }

        var asking = _asking.GetOrAdd(key, key => new Lazy<Task<Minted?>>(() => AskAsync(key, ask)));
        var minted = await asking.Value.WaitAsync(cancellationToken);
        return minted ?? (known is not null && now < known.ExpiresAt ? known : null);
    }

    /// <summary>Makes the record of an assertion that came now.</summary>
    public Minted Of(string assertion, DateTimeOffset end)
    {
        var now = clock.GetUtcNow();
        return new Minted(assertion, end, now + ((end - now) * 0.8));
    }

    private async Task<Minted?> AskAsync(TKey key, Func<Task<Minted?>> ask)
    {
        try
        {
            var minted = await ask();
            if (minted is not null)
            {
                if (_minted.Count >= Maximum)
                {
                    // Far more than anybody needs at once: begin anew rather than grow.
                    _minted.Clear();
                }

                _minted[key] = minted;
            }

            return minted;
        }
        finally
        {
            _asking.TryRemove(key, out _);
        }
    }
}

/// <summary>An assertion, its end, and when to ask for the next.</summary>
internal sealed record Minted(string Assertion, DateTimeOffset ExpiresAt, DateTimeOffset RenewAt);
