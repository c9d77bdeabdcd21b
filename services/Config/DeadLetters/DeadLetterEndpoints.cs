using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using Marten.Events;
using Wolverine.Postgresql;

namespace ManagedOAuth.Config.DeadLetters;

/// <summary>
/// <c>/access/dead_letters</c>: the messages between the services that could not be handled; list, replay, discard, and who did so. Bodies are never
/// shown.
/// </summary>
public static class DeadLetterEndpoints
{
    private const int LongestPage = 100;
    private const int LongestText = 256;

    public static void MapDeadLetters(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var letters = access.MapGroup("/dead_letters").RequirePermission(ApiPermission.AuditLogsRead, ApiPermission.Write);
        letters.MapGet("/", List)
            .Describe("receiver", "string", "Those of one queue: config, authorization-server or token.")
            .Describe("message_type", "string", "Those of one type of message.")
            .Describe("reason", "string", "failed, unknown_type, unreadable, too_large or nodes_died.")
            .DescribePages();
        letters.MapGet("/actions", History).DescribePages();
        letters.MapPost("/replay", (HttpRequest request, DeadLetterActions actions, CancellationToken ct) => Act(request, "replayed", actions.ReplayAsync, ct));
        letters.MapPost("/discard", (HttpRequest request, DeadLetterActions actions, CancellationToken ct) => Act(request, "discarded", actions.DiscardAsync, ct));
    }

    private static void DescribePages(this RouteHandlerBuilder route) => route
        .Describe("per_page", "integer", $"From 1 to {LongestPage}; 25 unless given.")
        .Describe("cursor", "string", "What result_info of the page before gave.");

    private static async Task<IResult> List(HttpRequest request, IDeadLetters letters, CancellationToken ct)
    {
        var query = request.Query;
        var errors = new List<ApiError>();
        var size = Size(query, errors);
        var after = Position(query["cursor"].ToString(), errors);
        foreach (var name in (string[])["receiver", "message_type", "reason"])
        {
            var text = query[name].ToString();
            if (text.Length > LongestText || text.Any(char.IsControl))
            {
                errors.Add(ApiErrors.InvalidRequest($"{name} has at most {LongestText} characters and no control characters"));
            }
        }

        if (errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, errors);
        }

        var filter = new DeadLetterFilter(Receiver: Given(query["receiver"]), MessageType: Given(query["message_type"]), Reason: Given(query["reason"]));
        var page = await letters.ListAsync(filter, size + 1, after, ct);
        var shown = page.Take(size).ToList();
        var next = page.Count > size ? Cursor(shown[^1].Position) : null;
        return Page(shown.Select(Show), size, next);
    }

    private static async Task<IResult> History(HttpRequest request, DeadLetterActions actions, CancellationToken ct)
    {
        var errors = new List<ApiError>();
        var size = Size(request.Query, errors);
        long? after = null;
        if (request.Query["cursor"].ToString() is { Length: > 0 } cursor)
        {
            after = long.TryParse(cursor, NumberStyles.None, CultureInfo.InvariantCulture, out var position) ? position : null;
            if (after is null)
            {
                errors.Add(WrongCursor());
            }
        }

        if (errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, errors);
        }

        var page = await actions.HistoryAsync(after, size, ct);
        return Page(page.Events.Select(Show), size, page.HasMore ? page.Next.ToString(CultureInfo.InvariantCulture) : null);
    }

    private static async Task<IResult> Act(
        HttpRequest request, string done, Func<DeadLetterFilter, CancellationToken, Task<(int Count, bool More)>> act, CancellationToken ct)
    {
        var (body, refusal) = await JsonBody.ReadAsync(request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        var reader = new BodyReader(body, []);
        var id = reader.OptionalText("id");
        var letter = Guid.TryParse(id, out var parsed) ? parsed : (Guid?)null;
        if (id is not null && letter is null)
        {
            reader.Refuse("id", "id is the uuid of a message");
        }

        var filter = new DeadLetterFilter(
            letter, reader.OptionalText("receiver", LongestText), reader.OptionalText("message_type", LongestText), reader.OptionalText("reason", LongestText));
        if (filter == DeadLetterFilter.All && !reader.Flag("all", false))
        {
            reader.Refuse("all", "say which: id, receiver, message_type or reason; or all: true for every one");
        }

        if (reader.Errors.Count > 0)
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, reader.Errors);
        }

        var (count, more) = await act(filter, ct);
        return letter is not null && count == 0
            ? ApiEnvelope.Error(StatusCodes.Status404NotFound, ApiErrors.NotFound("dead_letter"))
            : ApiEnvelope.Ok(new JsonObject { [done] = count, ["more"] = more });
    }

    private static JsonObject Show(DeadLetter letter) => new()
    {
        ["id"] = letter.Id,
        ["receiver"] = letter.Receiver,
        ["message_type"] = letter.MessageType,
        ["reason"] = letter.Reason,
        ["exception_type"] = letter.ExceptionType,
        ["exception_message"] = letter.ExceptionMessage,
        ["attempts"] = letter.Attempts,
        ["source"] = letter.Source,
        ["trace_id"] = letter.CorrelationId,
        ["published_at"] = letter.EnqueuedAt,
        ["given_up_at"] = letter.DeadAt,
    };

    private static JsonObject Show(IEvent e)
    {
        var (action, letters) = e.Data switch
        {
            DeadLettersReplayed replayed => ("replay", replayed.Letters),
            DeadLettersDiscarded discarded => ("discard", discarded.Letters),
            _ => (e.EventTypeName, []),
        };
        return new JsonObject
        {
            ["position"] = e.Sequence,
            ["action"] = action,
            ["actor"] = e.UserName,
            ["at"] = e.Timestamp,
            ["trace_id"] = e.CorrelationId,
            ["letters"] = new JsonArray([.. letters.Select(letter => new JsonObject
            {
                ["id"] = letter.Id,
                ["receiver"] = letter.Receiver,
                ["message_type"] = letter.MessageType,
                ["reason"] = letter.Reason,
            })]),
        };
    }

    private static EnvelopeResult Page(IEnumerable<JsonNode> items, int size, string? cursor)
    {
        var array = new JsonArray([.. items]);
        var info = new JsonObject { ["count"] = array.Count, ["per_page"] = size };
        if (cursor is not null)
        {
            info["cursor"] = cursor;
        }

        return new EnvelopeResult(StatusCodes.Status200OK, [], array) { Info = info };
    }

    private static string? Given(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private static int Size(IQueryCollection query, List<ApiError> errors)
    {
        if (Paging.From(query) is { PerPage: <= LongestPage } paging)
        {
            return paging.PerPage;
        }

        errors.Add(ApiErrors.InvalidRequest($"per_page is from 1 to {LongestPage}"));
        return 0;
    }

    // Time and id: the newest come first, and what is given up meanwhile moves no page.
    private static string Cursor(DeadLetterPosition position) => string.Create(CultureInfo.InvariantCulture, $"{position.DeadAt.UtcTicks}-{position.Id:N}");

    private static DeadLetterPosition? Position(string cursor, List<ApiError> errors)
    {
        if (cursor.Length == 0)
        {
            return null;
        }

        var parts = cursor.Split('-');
        if (parts.Length == 2 && long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            && ticks <= DateTimeOffset.MaxValue.Ticks && Guid.TryParseExact(parts[1], "N", out var id))
        {
            return new DeadLetterPosition(new DateTimeOffset(ticks, TimeSpan.Zero), id);
        }

        errors.Add(WrongCursor());
        return null;
    }

    private static ApiError WrongCursor() => ApiErrors.InvalidRequest("cursor is what result_info gave");
}
