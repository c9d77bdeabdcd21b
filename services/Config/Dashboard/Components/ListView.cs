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

    /// <summary>
    /// Asks a log for the page that a request names in <c>page</c>, narrowed by the query of its filter (empty, or beginning with <c>?</c>). A filter that the
    /// API refuses gives an empty list beside the answer that says why; no list: the log itself could not be read.
    /// </summary>
    public static async Task<(ApiAnswer Answer, ListView? View)> FilterAsync(AdminApi api, string path, string filter, HttpRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(api);
        ArgumentNullException.ThrowIfNull(filter);
        var page = PageOf(request);
        var answer = await api.GetAsync(string.Create(CultureInfo.InvariantCulture, $"{path}{filter}{(filter.Length == 0 ? '?' : '&')}page={page}&per_page={PerPage}"), ct);
        return answer.Success || answer.Status == StatusCodes.Status400BadRequest
            ? (answer, new ListView(answer.Items, "", page, answer.TotalCount) { Also = filter.Length == 0 ? "" : "&" + filter[1..] })
            : (answer, null);
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
