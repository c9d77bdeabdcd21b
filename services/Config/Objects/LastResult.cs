namespace ManagedOAuth.Config.Objects;

/// <summary>
/// The result of a pure function for the last value that was asked for: what is computed from a map of the configuration is computed once for as long
/// as that map is the newest. Values are told apart by reference, as immutable maps are.
/// </summary>
internal sealed class LastResult<TValue, TResult>(Func<TValue, TResult> compute)
    where TValue : class
{
    private volatile Known? _last;

    /// <summary>The result for a value.</summary>
    public TResult Of(TValue value)
    {
        if (_last is { } last && ReferenceEquals(last.Value, value))
        {
            return last.Result;
        }

        var result = compute(value);
        _last = new Known(value, result);
        return result;
    }

    private sealed record Known(TValue Value, TResult Result);
}
