using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.Lists;

/// <summary><c>/lists</c>: addresses that rules refer to as a whole.</summary>
public sealed class ListPages() : ObjectPages(PageKind.Find("list")!)
{
    private const string Items = "/items";
    private const string Separator = " # ";
    private const int PerPage = 1000;

    protected override IReadOnlyList<string> RemovalConsequences => ["Only a list that no rule names can be removed: nobody's access changes.", "Its history stays, and it can be brought back."];

    protected override string Saved => "Saved. Rules that name the list follow at once.";

    protected override string Created(JsonObject made) => $"The list {made["name"]} exists. Rules of policies and groups can name it now.";

    /// <summary>The values as lines: a value, and behind <c>#</c> why it is there.</summary>
    public static string Lines(Draft draft)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return string.Join('\n', draft.Objects(Items).Select(item => (string?)item["description"] is { Length: > 0 } why ? $"{item["value"]}{Separator}{why}" : (string?)item["value"]));
    }

    protected override IResult List(ListView view) => PageResult.Of<ListList>(new { View = view });

    protected override Task<IResult> FormAsync(HttpContext context, EditModel model, int status, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(model);
        var values = model.Draft.Objects(Items);
        model.Draft.Errors = [.. model.Draft.Errors.Select(error => Line(error.Pointer) is { } line && line < values.Count ? (error.Pointer, $"“{values[line]["value"]}”: {error.Reason}") : error)];
        return Task.FromResult(PageResult.Of<ListEdit>(new { Model = model }, status));
    }

    // Which of the values an error is about: they stand in one field here.
    private static int? Line(string pointer)
        => pointer.StartsWith(Items + "/", StringComparison.Ordinal) && int.TryParse(pointer.Split('/')[2], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var line) ? line : null;

    protected override Draft Suggestion(HttpRequest request)
    {
        var draft = new Draft();
        draft.Set("/type", "EMAIL");
        return draft;
    }

    protected override bool Take(Draft draft, IFormCollection form)
    {
        draft.TakeText(form, "/name");
        draft.TakeText(form, "/description");
        draft.TakeText(form, "/type");
        var lines = form[Items].ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        draft.Set(Items, new JsonArray([.. lines.Select(Item)]));
        return false;
    }

    // Like the object, but with its values: the API gives them page by page.
    protected override async Task<ApiAnswer> FindAsync(HttpContext context, Guid id, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        var api = context.RequestServices.GetRequiredService<AdminApi>();
        var stored = await base.FindAsync(context, id, ct);
        return stored.Success
            ? await WithItemsAsync(stored, page => api.GetAsync(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{ApiPathOf(context, id)}/items?page={page}&per_page={PerPage}"), ct))
            : stored;
    }

    /// <summary>The list with all of its values, or the answer that kept one of them back: what the form shows is what Save leaves in the list.</summary>
    /// <param name="stored">The list.</param>
    /// <param name="read">Reads a page of its values, from 1.</param>
    public static async Task<ApiAnswer> WithItemsAsync(ApiAnswer stored, Func<int, Task<ApiAnswer>> read)
    {
        ArgumentNullException.ThrowIfNull(stored);
        ArgumentNullException.ThrowIfNull(read);
        var items = new JsonArray();
        for (var page = 1; ; page++)
        {
            var answer = await read(page);
            if (!answer.Success)
            {
                return answer;
            }

            foreach (var item in answer.Items)
            {
                items.Add((JsonNode)Known(item));
            }

            if (answer.Items.Count < PerPage)
            {
                stored.Object["items"] = items;
                return stored;
            }
        }
    }

    // PATCH of a list appends and removes values; the form shows it whole, so it is replaced.
    protected override ApiCall Change(string path, JsonObject before, Draft draft, string? etag)
    {
        ArgumentNullException.ThrowIfNull(draft);
        var body = new JsonObject();
        foreach (var member in new[] { "name", "description", "items" })
        {
            body[member] = draft.Value[member]?.DeepClone();
        }

        return new ApiCall("PUT", path, body, string.IsNullOrEmpty(etag) ? null : etag);
    }

    private static JsonObject Item(string line)
    {
        var separator = line.IndexOf(Separator, StringComparison.Ordinal);
        return separator < 0
            ? new JsonObject { ["value"] = line }
            : new JsonObject { ["value"] = line[..separator].Trim(), ["description"] = line[(separator + Separator.Length)..].Trim() };
    }

    private static JsonObject Known(JsonObject item)
    {
        var known = new JsonObject { ["value"] = (string?)item["value"] };
        if ((string?)item["description"] is { Length: > 0 } why)
        {
            known["description"] = why;
        }

        return known;
    }
}
