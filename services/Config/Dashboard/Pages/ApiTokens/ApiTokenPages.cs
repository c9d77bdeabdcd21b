using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.ApiTokens;

/// <summary><c>/api-tokens</c>: tokens of the admin API, with permissions and an end.</summary>
public static class ApiTokenPages
{
    public static void MapApiTokens(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/api-tokens");
        group.MapGet("/", async (AdminApi api, HttpRequest request, CancellationToken ct) =>
        {
            var (view, refused) = await ListView.TryLoadAsync(api, "tokens", request, ct);
            return refused is null ? PageResult.Of<ApiTokenList>(new { View = view, Names = await NamesAsync(api, ct) }) : PageResult.Failed(refused, "API token");
        });
        group.MapGet("/new", (AdminApi api, CancellationToken ct) => NewAsync(api, new Draft(), null, StatusCodes.Status200OK, ct));
        group.MapPost("/new", CreateAsync);
        group.MapGet("/{id:guid}", async (Guid id, AdminApi api, CancellationToken ct) =>
        {
            var stored = await api.GetAsync($"tokens/{id}", ct);
            return stored.Success ? await EditAsync(api, id, stored, new Draft(stored.Object), null, StatusCodes.Status200OK, ct) : PageResult.Failed(stored, "API token");
        });
        group.MapPost("/{id:guid}", SaveAsync);
        group.MapGet("/{id:guid}/roll", async (Guid id, AdminApi api, CancellationToken ct) =>
        {
            var stored = await api.GetAsync($"tokens/{id}", ct);
            return !stored.Success ? PageResult.Failed(stored, "API token") : PageResult.Of<ConfirmPage>(new
            {
                Title = $"Roll {stored.Object["name"]}?",
                Button = "Roll the token",
                Back = "/api-tokens",
                Call = ApiCall.Put($"tokens/{id}/value", []),
                Crumbs = (IReadOnlyList<(string, string)>)[("/api-tokens", "API tokens")],
                Consequences = (IReadOnlyList<string>)["The token gets a new value, which is shown once. Whatever still uses the old one is refused from now on.", "Its name, permissions and end stay."],
            });
        });
        group.MapPost("/{id:guid}/roll", async (Guid id, HttpContext context, AdminApi api, CancellationToken ct) =>
        {
            var call = ApiCall.Put($"tokens/{id}/value", []);
            var answer = await api.SendAsync(call, ct);
            return answer.Success ? Secret("New value of the API token", answer.Envelope["result"]?.ToString() ?? "", call, api) : Messages.Refused(answer.Status, ObjectForm.Explain(answer)[0].Reason);
        });
        group.MapGet("/{id:guid}/remove", (Guid id, AdminApi api, TimeProvider clock, CancellationToken ct) => Removal.AskAsync(api, Target(id, clock), null, ct));
        group.MapPost("/{id:guid}/remove", (Guid id, HttpContext context, AdminApi api, TimeProvider clock, CancellationToken ct) => Removal.DoAsync(context, api, Target(id, clock), ct));
    }

    private static Removable Target(Guid id, TimeProvider clock) => new("API token", $"tokens/{id}", "/api-tokens", "API tokens", "/api-tokens", PageKind.Find("api_token")!)
    {
        Figures = (token, _, _) => Task.FromResult<IReadOnlyList<string>>([Use(token, clock.GetUtcNow())]),
        Consequences = ["Whatever uses this token is refused from now on. Sessions of this dashboard that were opened with it end.", "It cannot be brought back."],
    };

    private static string Use(JsonObject token, DateTimeOffset now)
    {
        var permissions = Moments.Count((token["permissions"] as JsonArray)?.Count ?? 0, "permission");
        return Moments.Parse((string?)token["last_used_on"] ?? "") is { } at ? $"It has {permissions}, and was last used {Moments.Relative(at, now)}." : $"It has {permissions}. No use of it is known.";
    }

    private static async Task<IReadOnlyDictionary<string, string>> NamesAsync(AdminApi api, CancellationToken ct)
        => (await api.GetAsync("tokens/permission_groups", ct)).Items.ToDictionary(item => (string?)item["id"] ?? "", item => (string?)item["name"] ?? "", StringComparer.Ordinal);

    private static async Task<IResult> NewAsync(AdminApi api, Draft draft, Preview? preview, int status, CancellationToken ct)
        => PageResult.Of<ApiTokenNew>(new { Draft = draft, Preview = preview, Permissions = await NamesAsync(api, ct) }, status);

    private static async Task<IResult> EditAsync(AdminApi api, Guid id, ApiAnswer stored, Draft draft, Preview? preview, int status, CancellationToken ct)
        => PageResult.Of<ApiTokenEdit>(
            new
            {
                Model = new EditModel { Kind = PageKind.Find("api_token")!, Draft = draft, Id = id.ToString(), Name = (string?)stored.Object["name"] ?? "", ETag = stored.ETag ?? "", Preview = preview },
                Permissions = await NamesAsync(api, ct),
            },
            status);

    private static async Task<IResult> SaveAsync(Guid id, HttpContext context, AdminApi api, CancellationToken ct)
    {
        var stored = await api.GetAsync($"tokens/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "API token");
        }

        var form = context.Request.Form;

        // One of the two names of the end, and what cannot be changed, stay out of it.
        var before = (JsonObject)stored.Object.DeepClone();
        before.Remove("expires_on");
        var draft = new Draft(before);
        draft.TakeText(form, "/name");
        draft.TakeChoices(form, "/permissions");
        if (form["/expires_at"].ToString().Trim() is { Length: > 0 } end)
        {
            draft.Set("/expires_at", Moments.Parse(end) is { } at ? at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture) : end);
        }
        else
        {
            draft.Remove("/expires_at");
        }

        draft.TakeText(form, "/status");
        foreach (var pointer in (string[])["/condition/request_ip/in", "/condition/request_ip/not_in"])
        {
            if (draft.Has(pointer) || form[pointer].ToString().Trim().Length > 0)
            {
                draft.TakeLines(form, pointer);
            }

            if (draft.List(pointer).Count == 0)
            {
                draft.Remove(pointer);
            }
        }

        return await ObjectForm.AnswerAsync(
            context,
            ObjectForm.Change($"tokens/{id}", before, draft, form[ObjectForm.ETagField]),
            draft,
            _ => ($"/api-tokens/{id}", "Saved. It counts from the next request on."),
            (preview, status) => EditAsync(api, id, stored, draft, preview, status, ct));
    }

    private static async Task<IResult> CreateAsync(HttpContext context, AdminApi api, TimeProvider clock, CancellationToken ct)
    {
        var form = context.Request.Form;
        var draft = new Draft();
        draft.TakeText(form, "/name");
        draft.TakeChoices(form, "/permissions");
        if (int.TryParse(form["days"], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var days) && days is > 0 and <= 3660)
        {
            draft.Set("/expires_at", clock.GetUtcNow().AddDays(days).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        }

        var call = ApiCall.Post("tokens", (JsonObject)draft.Value.DeepClone());
        if (form["action"] == "preview")
        {
            return await ObjectForm.AnswerAsync(context, call, draft, _ => ("/api-tokens", ""), (preview, status) => NewAsync(api, draft, preview, status, ct));
        }

        var answer = await api.SendAsync(call, ct);
        if (answer.Success)
        {
            return Secret($"API token {answer.Object["name"]}", (string?)answer.Object["value"] ?? "", call, api);
        }

        draft.Errors = ObjectForm.Explain(answer);
        return await NewAsync(api, draft, null, answer.Status, ct);
    }

    private static IResult Secret(string title, string value, ApiCall call, AdminApi api) => PageResult.Of<SecretPage>(new
    {
        Title = title,
        Values = (IReadOnlyList<(string, string)>)[("API token", value)],
        Example = $"curl '{api.Address}/access/apps' \\\n  --header 'Authorization: Bearer {value}'",
        Call = call,
        Done = "/api-tokens",
    });
}
