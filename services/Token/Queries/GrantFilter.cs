using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Google.Protobuf.WellKnownTypes;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.Token.Grants;

namespace ManagedOAuth.Token.Queries;

/// <summary>The conditions of a list as SQL over the grants' snapshots, and the place where a page begins. Newest first.</summary>
public sealed class GrantFilter
{
    // Each grant is folded to that time from its own events.
    private const int MostAtATime = 100;

    private const string Issued = "((data ->> 'issuedOrder')::bigint)";

    // A snapshot that was written before there was an endsOrder, and not since, tells the same by its times.
    private const string LiveAt = $"{Issued} <= ? and (((data ->> 'endsOrder')::bigint) > ? or (((data ->> 'endsOrder')::bigint) is null"
        + " and least((data ->> 'endedAt')::timestamptz, (data ->> 'expiresAt')::timestamptz) > ?))";

    private readonly List<string> _conditions = [];
    private readonly List<object> _values = [];

    private GrantFilter()
    {
    }

    /// <summary>Conditions without <c>where</c>; each value stands as <c>?</c>.</summary>
    public string Conditions => _conditions.Count == 0 ? "true" : string.Join(" and ", _conditions);

    public IReadOnlyList<object> Values => _values;

    /// <summary>Where the page begins; null = at the newest.</summary>
    public (long Order, Guid Id)? Cursor { get; private set; }

    public int Limit { get; private set; }

    /// <summary>The time of which the grants are asked; null = now.</summary>
    public DateTimeOffset? At { get; private init; }

    /// <summary>Reads a request.</summary>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT with the bad field.</exception>
    public static GrantFilter Of(ListGrantsRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var filter = new GrantFilter
        {
            At = request.At?.ToDateTimeOffset(),
            Limit = request.Limit == 0 ? 25 : Math.Clamp(request.Limit, 1, request.At is null ? 1000 : MostAtATime),
        };
        filter.AddAt(request.Status);
        filter.AddTime($"{Issued} >= ?", request.Since);
        filter.AddTime($"{Issued} <= ?", request.Until);
        filter.AddId("(data -> 'subject' ->> 'applicationId') = ?", request.ApplicationId, "application_id");
        filter.AddId("(data -> 'subject' ->> 'userId') = ?", request.UserId, "user_id");
        filter.AddId("(data -> 'identity' ->> 'identityProviderId') = ?", request.IdentityProviderId, "identity_provider_id");
        filter.Add("(data -> 'subject' ->> 'email') = ?", request.Email.Trim().ToLowerInvariant());
        filter.Add("(data -> 'subject' ->> 'clientId') = ?", request.ClientId);
        filter.AddSearch(request.Search);
        filter.AddChoice("status", filter.At is null ? request.Status : "", ("active", "((data ->> 'isLive')::boolean)"), ("ended", "not ((data ->> 'isLive')::boolean)"));
        filter.AddChoice("kind", request.Kind, ("oauth", "lower(data ->> 'kind') = 'oauth'"), ("browser", "lower(data ->> 'kind') = 'browser'"));
        filter.Cursor = request.Cursor.Length == 0 ? null : ReadCursor(request.Cursor);
        return filter;
    }

    /// <summary>The cursor that continues after a grant.</summary>
    public static string CursorOf(long order, Guid id)
        => Base64Url.EncodeToString(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{order}.{id:N}")));

    private static (long, Guid) ReadCursor(string cursor)
    {
        var bytes = new byte[64];
        return cursor.Length <= 80
            && Base64Url.DecodeFromChars(cursor, bytes, out _, out var length) == OperationStatus.Done
            && Encoding.ASCII.GetString(bytes, 0, length).Split('.') is [var order, var id]
            && long.TryParse(order, NumberStyles.None, CultureInfo.InvariantCulture, out var parsedOrder)
            && Guid.TryParseExact(id, "N", out var parsedId)
            ? (parsedOrder, parsedId)
            : throw Identities.Invalid("cursor is not one of ours");
    }

    private void AddId(string condition, string value, string field)
    {
        if (value.Length > 0)
        {
            Add(condition, Identities.Id(value, field).ToString());
        }
    }

    private void Add(string condition, string value)
    {
        if (value.Length > 0)
        {
            _conditions.Add(condition);
            _values.Add(value);
        }
    }

    private void AddTime(string condition, Timestamp? time)
    {
        if (time is not null)
        {
            _conditions.Add(condition);
            _values.Add(Grant.OrderOf(time.ToDateTimeOffset()));
        }
    }

    private void AddAt(string status)
    {
        if (At is { } at)
        {
            if (status is not ("" or "active"))
            {
                throw Identities.Invalid("status says what a grant is now; at gives those that were active then: leave status out");
            }

            _conditions.Add(LiveAt);
            _values.AddRange([Grant.OrderOf(at), Grant.OrderOf(at), at.UtcDateTime]);
        }
    }

    private void AddSearch(string text)
    {
        const int Longest = 256;
        if (text.Length > Longest || text.Any(char.IsControl))
        {
            throw Identities.Invalid($"search has at most {Longest} characters and no control characters");
        }

        if (text.Length > 0)
        {
            _conditions.Add("position(? in lower(concat_ws(' ', data -> 'subject' ->> 'email', data -> 'subject' ->> 'clientId', data -> 'subject' ->> 'clientName'))) > 0");
            _values.Add(text.ToLowerInvariant());
        }
    }

    private void AddChoice(string field, string value, params (string Value, string Condition)[] choices)
    {
        if (value.Length > 0)
        {
            var chosen = Array.Find(choices, choice => choice.Value == value);
            _conditions.Add(chosen.Condition ?? throw Identities.Invalid($"{field} is one of {string.Join(", ", choices.Select(choice => choice.Value))}"));
        }
    }
}
