using System.Globalization;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Transfer;

/// <summary><c>GET /access/export</c>: the configuration as one file, written while it is made.</summary>
public static class ExportEndpoint
{
    /// <summary>In the answer: how many objects the file is going to have, so that whoever reads it can tell how much of it is there.</summary>
    public const string ObjectsHeader = "Configuration-Objects";

    public static void MapExport(this RouteGroupBuilder access)
        => access.MapGet("/export", Export).RequirePermission(ApiPermission.Read)
            .Describe("kinds", "string", "The kinds to export, by name and separated by commas; all when it is left out.").AnswersWhole(TransferShapes.File);

    private static async Task<IResult> Export(HttpRequest request, ConfigurationLog log, ConfigurationLoader loader, ConfigurationExport export, CancellationToken ct)
    {
        var asked = request.Query["kinds"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (asked.FirstOrDefault(name => !export.Kinds.Any(kind => kind.Name == name)) is not null)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest($"kinds are some of {string.Join(", ", export.Kinds.Select(kind => kind.Name))}, separated by commas"));
        }

        // What another replica saved a moment ago is in it too.
        var state = await loader.CatchUpAsync(log.Current, ct);
        var chosen = export.Kinds.Where(kind => asked.Length == 0 || asked.Contains(kind.Name, StringComparer.Ordinal)).ToList();
        var headers = request.HttpContext.Response.Headers;
        headers.CacheControl = "no-store";
        headers.ContentDisposition = "attachment; filename=\"configuration.json\"";
        headers[TransferPosition.Header] = state.Snapshot.Position.ToString(CultureInfo.InvariantCulture);
        headers[ObjectsHeader] = chosen.Sum(kind => kind.All(state.Snapshot).Count()).ToString(CultureInfo.InvariantCulture);
        return Results.Stream(stream => export.WriteAsync(stream, state, chosen, ct), "application/json; charset=utf-8");
    }
}

/// <summary>The position of the configuration that a file was made from.</summary>
public static class TransferPosition
{
    /// <summary>In the answer of an export: what <c>expected_position</c> of an apply may be.</summary>
    public const string Header = "Configuration-Position";
}
