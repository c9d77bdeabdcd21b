using System.Globalization;
using System.Text.Json.Nodes;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;
using ManagedOAuth.Contracts.Configuration;
using Marten.Events;
using Wolverine.Postgresql;
using static ManagedOAuth.Config.OpenApi.JsonShape;
using static ManagedOAuth.Config.OpenApi.ObjectShape;

namespace ManagedOAuth.Config.DeadLetters;

/// <summary>
/// <c>/access/dead_letters</c>: the messages between the services that could not be handled; list, replay, discard, and who did so. Bodies are never
/// shown.
/// </summary>
public static class DeadLetterEndpoints
{
    private const int LongestPage = 100;
    private const int LongestText = 256;

    // An action names up to 500 of them.
    private const int MostNamed = 1000;

    private static readonly string s_named = Of(("id", Uuid), ("receiver", Text), ("message_type", Text), ("reason", Text));
    private static readonly string s_which = Of(("id?", Uuid), ("receiver?", Text), ("message_type?", Text), ("reason?", Text), ("all?", Flag));

    public static void MapDeadLetters(this RouteGroupBuilder access)
    {
        ArgumentNullException.ThrowIfNull(access);
        var letters = access.MapGroup("/dead_letters").RequirePermission(ApiPermission.AuditLogsRead, ApiPermission.Write);
        letters.MapGet("/", List)
            .Describe("receiver", "string", "Those of one queue: config, authorization-server or token.")
            .Describe("message_type", "string", "Those of one type of message.")
            .Describe("reason", "string", "failed, unknown_type, unreadable, too_large or nodes_died.")
            .DescribePages().Answers(ListOf(With(s_named, ("exception_type", OrNull(Text)), ("exception_message", OrNull(Text)), ("attempts", Integer), ("source", OrNull(Text)),
                ("trace_id", OrNull(Text)), ("published_at", Time), ("given_up_at", Time))));
        letters.MapGet("/actions", History).DescribePages($"; fewer where they name more than {MostNamed} messages")
            .Answers(ListOf(Of(("position", Integer), ("action", OneOf("replay", "discard")), ("at", Time), ("trace_id", OrNull(Text)), ("letters", ListOf(s_named)), ("actor", OrNull(Text)), ("actor_id?", Uuid))));
        letters.MapPost("/replay", (HttpRequest request, DeadLetterActions actions, CancellationToken ct) => Act(request, "replayed", actions.ReplayAsync, ct)).Takes(s_which).Answers(Of(("replayed", Integer), ("more", Flag)));
        letters.MapPost("/discard", (HttpRequest request, DeadLetterActions actions, CancellationToken ct) => Act(request, "discarded", actions.DiscardAsync, ct)).Takes(s_which).Answers(Of(("discarded", Integer), ("more", Flag)));
    }

    private static RouteHandlerBuilder DescribePages(this RouteHandlerBuilder route, string unless = "") => route
        .Describe("per_page", "integer", $"From 1 to {LongestPage}; 25 unless given{unless}.")
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
        var named = 0;
        var shown = page.Events.TakeWhile((e, index) => (named += Letters(e).Count) <= MostNamed || index == 0).ToList();
        var hasMore = page.HasMore || shown.Count < page.Events.Count;
        return Page(shown.Select(Show), size, hasMore ? shown[^1].Sequence.ToString(CultureInfo.InvariantCulture) : null);
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

    private static IReadOnlyList<NamedLetter> Letters(IEvent e)
        => e.Data switch { DeadLettersReplayed replayed => replayed.Letters, DeadLettersDiscarded discarded => discarded.Letters, _ => [] };

    private static JsonObject Show(IEvent e)
    {
        var shown = new JsonObject
        {
            ["position"] = e.Sequence,
            ["action"] = e.Data is DeadLettersReplayed ? "replay" : "discard",
            ["at"] = e.Timestamp,
            ["trace_id"] = e.CorrelationId,
            ["letters"] = new JsonArray([.. Letters(e).Select(letter => new JsonObject
            {
                ["id"] = letter.Id,
                ["receiver"] = letter.Receiver,
                ["message_type"] = letter.MessageType,
                ["reason"] = letter.Reason,
            })]),
        };
        Actors.Show(shown, e.UserName);
        return shown;
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
