using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Components;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages;

/// <summary>The pages that most kinds of objects have in the same way: list, form for a new one and for a change, removal.</summary>
public abstract class ObjectPages(PageKind kind)
{
    protected PageKind Kind => kind;

    /// <summary>What follows from a removal, in sentences.</summary>
    protected abstract IReadOnlyList<string> RemovalConsequences { get; }

    /// <summary>Whom a removal concerns, in numbers, beyond what a dry run says.</summary>
    protected virtual Task<IReadOnlyList<string>> RemovalFiguresAsync(AdminApi api, JsonObject item, Preview? preview, CancellationToken ct) => Task.FromResult<IReadOnlyList<string>>([]);

    /// <summary>Adds the pages.</summary>
    public void Map(RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        var group = pages.MapGroup(kind.Path);
        group.MapGet("/", async (HttpRequest request, AdminApi api, CancellationToken ct) =>
        {
            var (view, refused) = await ListView.TryLoadAsync(api, kind.ApiPath, request, ct);
            return refused is null ? List(view) : PageResult.Failed(refused, kind.Noun);
        });
        group.MapGet("/new", (HttpContext context, CancellationToken ct) => FormAsync(context, New(Suggestion(context.Request)), StatusCodes.Status200OK, ct));
        group.MapPost("/new", CreateAsync);
        group.MapGet("/{id:guid}", async (Guid id, HttpContext context, CancellationToken ct) =>
        {
            var stored = await FindAsync(context, id, ct);
            return stored.Success ? await FormAsync(context, Stored(context, id, stored, new Draft(stored.Object)), StatusCodes.Status200OK, ct) : PageResult.Failed(stored, kind.Noun);
        });
        group.MapPost("/{id:guid}", SaveAsync);
        group.MapGet("/{id:guid}/remove", (Guid id, HttpContext context, AdminApi api, CancellationToken ct) => Removal.AskAsync(api, Target(context, id), null, ct));
        group.MapPost("/{id:guid}/remove", (Guid id, HttpContext context, AdminApi api, CancellationToken ct) => Removal.DoAsync(context, api, Target(context, id), ct));
        MapMore(group);
    }

    /// <summary>Pages that only this kind has.</summary>
    protected virtual void MapMore(RouteGroupBuilder group)
    {
    }

    /// <summary>The page with one page of the list.</summary>
    protected abstract IResult List(ListView view);

    /// <summary>The page with the form.</summary>
    protected abstract Task<IResult> FormAsync(HttpContext context, EditModel model, int status, CancellationToken ct);

    /// <summary>What a new object begins with.</summary>
    protected abstract Draft Suggestion(HttpRequest request);

    /// <summary>Puts the fields of the form into the draft; true when the form is to be shown again instead of being saved.</summary>
    protected abstract bool Take(Draft draft, IFormCollection form);

    /// <summary>What is said after one was made.</summary>
    protected abstract string Created(JsonObject made);

    /// <summary>What is said after one was changed.</summary>
    protected virtual string Saved => "Saved.";

    /// <summary>Its address in the admin API.</summary>
    protected virtual string ApiPathOf(HttpContext context, Guid id) => $"{kind.ApiPath}/{id}";

    /// <summary>Reads one.</summary>
    protected virtual Task<ApiAnswer> FindAsync(HttpContext context, Guid id, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.RequestServices.GetRequiredService<AdminApi>().GetAsync(ApiPathOf(context, id), ct);
    }

    /// <summary>The request that makes the change.</summary>
    protected virtual ApiCall Change(string path, JsonObject before, Draft draft, string? etag) => ObjectForm.Change(path, before, draft, etag);

    /// <summary>What is asked before a change that ends somebody's access; null where none does.</summary>
    protected virtual SaveQuestion? Question(string id, string name) => new(name, kind.PageOf(id), [(kind.Path, kind.Title), (kind.PageOf(id), name)]);

    private EditModel New(Draft draft, Preview? preview = null) => new() { Kind = kind, Draft = draft, Preview = preview };

    private EditModel Stored(HttpContext context, Guid id, ApiAnswer stored, Draft draft, Preview? preview = null)
        => new() { Kind = kind, Draft = draft, Preview = preview, Id = id.ToString(), ApiPath = ApiPathOf(context, id), Name = (string?)stored.Object["name"] ?? "", ETag = stored.ETag ?? "" };

    private async Task<IResult> CreateAsync(HttpContext context, CancellationToken ct)
    {
        var draft = Suggestion(context.Request);
        return Take(draft, context.Request.Form)
            ? await FormAsync(context, New(draft), StatusCodes.Status200OK, ct)
            : await ObjectForm.AnswerAsync(
                context,
                ApiCall.Post(kind.ApiPath, (JsonObject)draft.Value.DeepClone()),
                draft,
                answer => (kind.PageOf(PageKind.IdOf(answer.Object) ?? ""), Created(answer.Object)),
                (preview, status) => FormAsync(context, New(draft, preview), status, ct),
                (answer, _) => Undo.OfCreation(kind, answer));
    }

    private async Task<IResult> SaveAsync(Guid id, HttpContext context, CancellationToken ct)
    {
        var stored = await FindAsync(context, id, ct);
        if (!stored.Success)
        {
            return PageResult.Failed(stored, kind.Noun);
        }

        var draft = new Draft(stored.Object);
        return Take(draft, context.Request.Form)
            ? await FormAsync(context, Stored(context, id, stored, draft), StatusCodes.Status200OK, ct)
            : await ObjectForm.AnswerAsync(
                context,
                Change(ApiPathOf(context, id), stored.Object, draft, context.Request.Form[ObjectForm.ETagField]),
                draft,
                _ => (kind.PageOf(id.ToString()), Saved),
                (preview, status) => FormAsync(context, Stored(context, id, stored, draft, preview), status, ct),
                (answer, target) => Undo.OfChange(kind, id.ToString(), stored.Object, answer, target),
                Question(id.ToString(), (string?)stored.Object["name"] ?? ""));
    }

    private Removable Target(HttpContext context, Guid id) => new(kind.Noun, ApiPathOf(context, id), kind.Path, kind.Title, kind.PageOf(id.ToString()), kind, id.ToString())
    {
        Consequences = RemovalConsequences,
        Figures = (item, preview, ct) => RemovalFiguresAsync(context.RequestServices.GetRequiredService<AdminApi>(), item, preview, ct),
    };
}
