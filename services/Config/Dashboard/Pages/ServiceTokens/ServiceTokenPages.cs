using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.ServiceTokens;

/// <summary><c>/service-tokens</c>: credentials of machines. A secret is shown on the page that answers its making, and nowhere else.</summary>
public static class ServiceTokenPages
{
    private const string Path = "access/service_tokens";
    private static readonly PageKind s_kind = PageKind.Find("service_token")!;

    public static void MapServiceTokens(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup("/service-tokens");
        group.MapGet("/", async (AdminApi api, HttpRequest request, CancellationToken ct) =>
        {
            var expiring = request.Query["expiring"] == "true";
            var (view, refused) = await ListView.TryLoadAsync(api, expiring ? Path + "?expiring=true" : Path, request, ct);
            var soon = await api.GetAsync(Path + "?expiring=true&per_page=1", ct);
            return refused is null ? PageResult.Of<ServiceTokenList>(new { View = expiring ? view with { Also = "&expiring=true" } : view, Expiring = soon.TotalCount }) : PageResult.Failed(refused, "service token");
        });
        group.MapGet("/new", (CancellationToken _) => New(new Draft(), null, StatusCodes.Status200OK));
        group.MapPost("/new", CreateAsync);
        group.MapGet("/{id:guid}", (Guid id, AdminApi api, CancellationToken ct) => ShowAsync(id, api, null, null, StatusCodes.Status200OK, ct));
        group.MapPost("/{id:guid}", SaveAsync);
        group.MapPost("/{id:guid}/rotate", RotateAsync);
        group.MapPost("/{id:guid}/refresh", async (Guid id, HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct) =>
        {
            var call = ApiCall.Post($"{Path}/{id}/refresh");
            var answer = await api.SendAsync(call, ct);
            return answer.Success ? flashes.Redirect(context, $"/service-tokens/{id}", "The token's life was extended by its full duration.", call) : await ShowAsync(id, api, new Draft { Errors = ObjectForm.Explain(answer) }, null, answer.Status, ct);
        });
        group.MapGet("/{id:guid}/remove", (Guid id, AdminApi api, TimeProvider clock, CancellationToken ct) => Removal.AskAsync(api, Target(id, clock), null, ct));
        group.MapPost("/{id:guid}/remove", (Guid id, HttpContext context, AdminApi api, TimeProvider clock, CancellationToken ct) => Removal.DoAsync(context, api, Target(id, clock), ct));
    }

    private static Removable Target(Guid id, TimeProvider clock) => new("service token", $"{Path}/{id}", "/service-tokens", "Service tokens", $"/service-tokens/{id}", s_kind)
    {
        Figures = (token, preview, _) => Task.FromResult(ServiceTokenWords.Use(token, preview, clock.GetUtcNow())),
        Consequences = ["Every machine that uses this token is shut out within a second.", "It can be brought back from its history, with the secret that it has now."],
    };

    private static IResult New(Draft draft, Preview? preview, int status) => PageResult.Of<ServiceTokenNew>(new { Draft = draft, Preview = preview }, status);

    private static async Task<IResult> CreateAsync(HttpContext context, AdminApi api, CancellationToken ct)
    {
        var draft = new Draft();
        draft.TakeText(context.Request.Form, "/name");
        draft.TakeText(context.Request.Form, "/duration", optional: true);
        var call = ApiCall.Post(Path, (JsonObject)draft.Value.DeepClone());
        if (context.Request.Form["action"] == "preview")
        {
            return await ObjectForm.AnswerAsync(context, call, draft, _ => ("/service-tokens", ""), (preview, status) => Task.FromResult(New(draft, preview, status)));
        }

        var answer = await api.SendAsync(call, ct);
        if (answer.Success)
        {
            return Secret($"Service token {answer.Object["name"]}", answer.Object, call);
        }

        draft.Errors = ObjectForm.Explain(answer);
        return New(draft, null, answer.Status);
    }

    private static async Task<IResult> ShowAsync(Guid id, AdminApi api, Draft? draft, Preview? preview, int status, CancellationToken ct)
    {
        var stored = await api.GetAsync($"{Path}/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "service token");
        }

        var shown = draft is { Value.Count: > 0 } ? draft : new Draft(stored.Object) { Errors = draft?.Errors ?? [] };
        return PageResult.Of<ServiceTokenDetail>(new { Draft = shown, Stored = stored.Object, ETag = stored.ETag ?? "", Preview = preview }, status);
    }

    private static async Task<IResult> SaveAsync(Guid id, HttpContext context, AdminApi api, TimeProvider clock, CancellationToken ct)
    {
        var stored = await api.GetAsync($"{Path}/{id}", ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, "service token");
        }

        var draft = new Draft(stored.Object);
        draft.TakeText(context.Request.Form, "/name");
        draft.TakeText(context.Request.Form, "/duration", optional: true);
        draft.TakeFlag(context.Request.Form, "/enabled");
        var call = ObjectForm.Change($"{Path}/{id}", stored.Object, draft, context.Request.Form[ObjectForm.ETagField]);
        if (context.Request.Form["action"] == "save" && (bool?)stored.Object["enabled"] != false && !draft.Flag("/enabled"))
        {
            var (preview, tried) = await Preview.TryAsync(api, call, ct);
            if (preview is not null)
            {
                return Ask(id, stored.Object, preview, clock.GetUtcNow(), "Turn off", $"Turn {stored.Object["name"]} off?", $"/service-tokens/{id}", context.Request.Form, "Every machine that uses this token is shut out within a second. On lets them in again, with the same secret.");
            }

            draft.Errors = ObjectForm.Explain(tried);
            return await ShowAsync(id, api, draft, null, tried.Status, ct);
        }

        return await ObjectForm.AnswerAsync(
            context,
            call,
            draft,
            _ => ($"/service-tokens/{id}", "Saved."),
            (preview, status) => ShowAsync(id, api, draft, preview, status, ct),
            (answer, target) => Undo.OfChange(s_kind, id.ToString(), stored.Object, answer, target));
    }

    private static IResult Ask(Guid id, JsonObject token, Preview preview, DateTimeOffset now, string button, string title, string action, IFormCollection form, params string[] consequences)
        => PageResult.Of<ConfirmPage>(new
        {
            Title = title,
            Button = button,
            Back = $"/service-tokens/{id}",
            Action = action,
            preview.Call,
            Fields = ConfirmedFields.Of(form),
            Crumbs = (IReadOnlyList<(string, string)>)[("/service-tokens", "Service tokens"), ($"/service-tokens/{id}", (string?)token["name"] ?? "")],
            Consequences = (IReadOnlyList<string>)[.. ServiceTokenWords.Use(token, preview, now), .. consequences],
        });

    private static async Task<IResult> RotateAsync(Guid id, HttpContext context, AdminApi api, TimeProvider clock, CancellationToken ct)
    {
        var body = new JsonObject();
        if (int.TryParse(context.Request.Form["grace"], NumberStyles.None, CultureInfo.InvariantCulture, out var hours) && hours is > 0 and <= 720)
        {
            body["previous_client_secret_expires_at"] = clock.GetUtcNow().AddHours(hours).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        }

        var call = ApiCall.Post($"{Path}/{id}/rotate", body);
        if (context.Request.Form["action"] != "confirm" && await api.GetAsync($"{Path}/{id}", ct) is { Success: true } stored && (await Preview.TryAsync(api, call, ct)).Preview is { } preview)
        {
            return Ask(
                id, stored.Object, preview, clock.GetUtcNow(), "Rotate the secret", $"Rotate the secret of {stored.Object["name"]}?", $"/service-tokens/{id}/rotate", context.Request.Form,
                body.Count == 0 ? "Whoever has the old secret is refused from now on." : $"The old secret works for {Durations.Words(string.Create(CultureInfo.InvariantCulture, $"{hours}h"))} more.",
                "The new secret is shown once. A rotation cannot be taken back.");
        }

        var answer = await api.SendAsync(call, ct);
        return answer.Success ? Secret($"New secret of {answer.Object["name"]}", answer.Object, call) : await ShowAsync(id, api, new Draft { Errors = ObjectForm.Explain(answer) }, null, answer.Status, ct);
    }

    private static IResult Secret(string title, JsonObject token, ApiCall call)
    {
        var (clientId, secret) = ((string?)token["client_id"] ?? "", (string?)token["client_secret"] ?? "");
        return PageResult.Of<SecretPage>(new
        {
            Title = title,
            Values = (IReadOnlyList<(string, string)>)[("Client ID", clientId), ("Client Secret", secret)],
            Example = $"curl https://app.example.com/ \\\n  --header 'CF-Access-Client-Id: {clientId}' \\\n  --header 'CF-Access-Client-Secret: {secret}'",
            Call = call,
            Done = $"/service-tokens/{token["id"]}",
        });
    }
}
