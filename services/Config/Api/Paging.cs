using System.Globalization;

namespace ManagedOAuth.Config.Api;

/// <summary>The <c>page</c> and <c>per_page</c> of a list request.</summary>
/// <param name="Page">From 1.</param>
/// <param name="PerPage">1 to 1000.</param>
public sealed record Paging(int Page, int PerPage)
{
    /// <summary>Reads the two parameters; null when one is not a number in its range.</summary>
    /// <param name="query">The query.</param>
    /// <param name="usual"><c>per_page</c> of a request that does not say it.</param>
    public static Paging? From(IQueryCollection query, int usual = 25)
    {
        ArgumentNullException.ThrowIfNull(query);
        return TryRead(query, "page", 1, 1_000_000, out var page) && TryRead(query, "per_page", usual, 1000, out var perPage)
            ? new Paging(page, perPage)
            : null;
    }

    /// <summary>The items of this page.</summary>
    public IEnumerable<T> Of<T>(IEnumerable<T> items) => items.Skip((Page - 1) * PerPage).Take(PerPage);

    private static bool TryRead(IQueryCollection query, string name, int fallback, int maximum, out int value)
    {
        var text = query[name].ToString();
        if (text.Length == 0)
        {
            value = fallback;
            return true;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= 1 && value <= maximum;
    }
}
