using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Components;

/// <summary>One page of a list of the admin API.</summary>
/// <param name="Items">The objects.</param>
/// <param name="Search">What was searched for.</param>
/// <param name="Page">From 1.</param>
/// <param name="Total">How many there are in all.</param>
public sealed record ListView(IReadOnlyList<JsonObject> Items, string Search, int Page, long Total)
{
    /// <summary>Further parameters of the other pages' addresses: <c>&amp;status=fail</c>.</summary>
    public string Also { get; init; } = "";

    /// <summary>Objects per page.</summary>
    public const int PerPage = 25;

    public long Pages => Math.Max(1, (Total + PerPage - 1) / PerPage);

    /// <summary>Nothing is there at all, as opposed to nothing found.</summary>
    public bool IsEmpty => Total == 0 && Search.Length == 0;

    /// <summary>Asks for the page that a request names in <c>search</c> and <c>page</c>, and gives the API's answer where it refused: that is no empty list.</summary>
    public static async Task<(ListView View, ApiAnswer? Refused)> TryLoadAsync(AdminApi api, string path, HttpRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(api);
        ArgumentNullException.ThrowIfNull(request);
        var search = request.Query["search"].ToString().Trim();
        var page = PageOf(request);
        var answer = await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}page={page}&per_page={PerPage}&search={Uri.EscapeDataString(search)}"), ct);
        return (new ListView(answer.Items, search, page, answer.TotalCount), answer.Success ? null : answer);
    }

    /// <summary>The number of the page that a request names in <c>page</c>; 1 where it names none that there could be.</summary>
    public static int PageOf(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return int.TryParse(request.Query["page"], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 1 and <= 100_000 ? number : 1;
    }

    /// <summary>The address of another page of the same search.</summary>
    public string Link(string path, int page)
        => string.Create(CultureInfo.InvariantCulture, $"{path}?page={page}{(Search.Length == 0 ? "" : "&search=" + Uri.EscapeDataString(Search))}{Also}");
}
