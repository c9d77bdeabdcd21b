using System.Globalization;
using System.Text.RegularExpressions;
using ManagedOAuth.Config.Dashboard.Pages.SignIn;
using ManagedOAuth.Config.Dashboard.Requests;

namespace ManagedOAuth.Config.Dashboard.Pages.History;

/// <summary><c>POST /undo</c>: brings the version before the last change back, or removes what was just made, unless somebody else has changed the object since.</summary>
public static partial class UndoPages
{
    /// <summary>Names of the hidden fields.</summary>
    public const string Kind = "kind";
    public const string Id = "id";
    public const string Version = "version";
    public const string Back = "back";

    public static void MapUndo(this RouteGroupBuilder pages)
    {
        ArgumentNullException.ThrowIfNull(pages);
        pages.MapPost("/undo", UndoAsync);
    }

    private static async Task<IResult> UndoAsync(HttpContext context, AdminApi api, Flashes flashes, CancellationToken ct)
    {
        var form = context.Request.Form;
        var id = form[Id].ToString();
        if (PageKind.Find(form[Kind].ToString()) is not { IsRestorable: true } kind
            || !long.TryParse(form[Version], NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            || (version == 0 ? kind.IsSingle || !Name().IsMatch(id) : kind.IsSingle ? id.Length > 0 : !Guid.TryParse(id, out _))
            || form[ObjectForm.ETagField].ToString() is not { Length: > 0 } tag)
        {
            return Messages.FormRefused();
        }

        var call = version == 0
            ? ApiCall.Delete($"{kind.ApiPath}/{id}") with { IfMatch = tag }
            : new ApiCall("POST", string.Create(CultureInfo.InvariantCulture, $"{kind.VersionsPath(id)}/{version}/restore"), null, tag);
        var answer = await api.SendAsync(call, ct);
        if (answer.Success)
        {
            return flashes.Redirect(context, SignInEndpoints.LocalPath(form[Back].ToString()), version == 0 ? $"Taken back. The {kind.Noun} is gone; its history stays." : $"Taken back. The {kind.Noun} is as it was before.", call);
        }

        var reason = answer.Status == StatusCodes.Status412PreconditionFailed
            ? "Somebody else has changed this since, so nothing was taken back. Its history has every version, and can bring each of them back."
            : "Nothing was taken back: " + ObjectForm.Explain(answer)[0].Reason;
        return version == 0 ? Messages.Refused(answer.Status, reason, kind.Path, $"To all {kind.Title}") : Messages.Refused(answer.Status, reason, kind.HistoryOf(id), "To its history");
    }

    // It becomes a part of a path.
    [GeneratedRegex("^[a-z0-9-]{1,64}$")]
    private static partial Regex Name();
}
