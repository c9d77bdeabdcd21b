using System.Text.Json.Nodes;
using ManagedOAuth.Config.Dashboard.Pages;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>What the forms that make and change objects have in common: preview, save, and coming back with what was refused.</summary>
public static class ObjectForm
{
    /// <summary>Name of the hidden field with the entity tag of the object as the form showed it.</summary>
    public const string ETagField = "etag";

    /// <summary>The request that changes exactly what is different in the draft (RFC 7396), provided that nobody changed the object in between.</summary>
    public static ApiCall Change(string path, JsonObject before, Draft draft, string? etag)
    {
        ArgumentNullException.ThrowIfNull(draft);
        return new ApiCall("PATCH", path, MergePatch.Between(before, draft.Value), string.IsNullOrEmpty(etag) ? null : etag);
    }

    /// <summary>Does what the pressed button says.</summary>
    /// <param name="context">The request with the form.</param>
    /// <param name="call">What Save does.</param>
    /// <param name="draft">The edited object; gets the errors.</param>
    /// <param name="done">Where to go afterwards, and what to say there.</param>
    /// <param name="again">The page with the form once more, with a preview and a status.</param>
    /// <param name="undo">What takes it back, where something does; gets the answer and the page that is gone to.</param>
    /// <param name="question">What is asked before a change that ends somebody's access, or may; null = nothing is.</param>
    public static async Task<IResult> AnswerAsync(
        HttpContext context, ApiCall call, Draft draft, Func<ApiAnswer, (string Target, string Message)> done, Func<Preview?, int, Task<IResult>> again, Func<ApiAnswer, string, Undo?>? undo = null,
        SaveQuestion? question = null)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(draft);
        ArgumentNullException.ThrowIfNull(done);
        ArgumentNullException.ThrowIfNull(again);
        var services = context.RequestServices;
        var api = services.GetRequiredService<AdminApi>();
        if (context.Request.Form["action"] == "preview")
        {
            var (preview, tried) = await Preview.TryAsync(api, call, context.RequestAborted);
            draft.Errors = tried.Success ? [] : Explain(tried);
            return await again(preview, tried.Success ? StatusCodes.Status200OK : tried.Status);
        }

        if (question is not null && context.Request.Form["action"] != "confirm")
        {
            var (preview, tried) = await Preview.TryAsync(api, call, context.RequestAborted);
            if (preview is { EndsNothing: false })
            {
                return question.Ask(preview, context.Request.Form);
            }

            if (preview is null)
            {
                draft.Errors = Explain(tried);
                return await again(null, tried.Status);
            }
        }

        var answer = await api.SendAsync(call, context.RequestAborted);
        if (answer.Success)
        {
            var (target, message) = done(answer);
            return services.GetRequiredService<Flashes>().Redirect(context, target, message, call, undo?.Invoke(answer, target));
        }

        draft.Errors = Explain(answer);
        return await again(null, answer.Status);
    }

    /// <summary>What the API refused, in words for a page.</summary>
    public static IReadOnlyList<(string Pointer, string Reason)> Explain(ApiAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer.Status switch
        {
            StatusCodes.Status403Forbidden when answer.Errors.Any(error => error.Reason.Contains("is_ui_read_only", StringComparison.Ordinal))
                => [("", "The dashboard is read-only: is_ui_read_only of the organization is on, so changes are made with API tokens only.")],
            StatusCodes.Status403Forbidden => [("", "You are not permitted to do this. Ask somebody whose permissions include it.")],
            StatusCodes.Status412PreconditionFailed => [("", "Somebody else changed this since you opened the page. Reload it, look at what is different, and make your change again.")],
            _ when answer.Errors.Count > 0 => answer.Errors,
            _ => [("", "The admin API did not say why. Look at the service's log.")],
        };
    }

    /// <summary>What the API refused of a filter, in words for a page: a reason that begins with the name of a parameter stands at the field of that name.</summary>
    /// <param name="answer">The API's answer.</param>
    /// <param name="fields">The parameters that the page has fields for.</param>
    public static IReadOnlyList<(string Pointer, string Reason)> ExplainFilter(ApiAnswer answer, params IEnumerable<string> fields)
    {
        ArgumentNullException.ThrowIfNull(answer);
        return answer.Success
            ? []
            : [.. Explain(answer).Select(error => fields.FirstOrDefault(field => error.Pointer.Length == 0 && error.Reason.StartsWith(field + " ", StringComparison.Ordinal)) is { } field ? ("/" + field, error.Reason) : error)];
    }
}
