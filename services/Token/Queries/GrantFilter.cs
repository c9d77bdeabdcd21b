using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using ManagedOAuth.Contracts.Token;

namespace ManagedOAuth.Token.Queries;

/// <summary>The conditions of a list as SQL over the grants' snapshots, and the place where a page begins. Newest first.</summary>
public sealed class GrantFilter
{
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

    /// <summary>Reads a request.</summary>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT with the bad field.</exception>
    public static GrantFilter Of(ListGrantsRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var filter = new GrantFilter { Limit = request.Limit == 0 ? 25 : Math.Clamp(request.Limit, 1, 1000) };
        filter.AddId("(data -> 'subject' ->> 'applicationId') = ?", request.ApplicationId, "application_id");
        filter.AddId("(data -> 'subject' ->> 'userId') = ?", request.UserId, "user_id");
        filter.AddId("(data -> 'identity' ->> 'identityProviderId') = ?", request.IdentityProviderId, "identity_provider_id");
        filter.Add("(data -> 'subject' ->> 'email') = ?", request.Email.Trim().ToLowerInvariant());
        filter.Add("(data -> 'subject' ->> 'clientId') = ?", request.ClientId);
        filter.AddChoice("status", request.Status, ("active", "((data ->> 'isLive')::boolean)"), ("ended", "not ((data ->> 'isLive')::boolean)"));
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

    private void AddChoice(string field, string value, params (string Value, string Condition)[] choices)
    {
        if (value.Length > 0)
        {
            var chosen = Array.Find(choices, choice => choice.Value == value);
            _conditions.Add(chosen.Condition ?? throw Identities.Invalid($"{field} is one of {string.Join(", ", choices.Select(choice => choice.Value))}"));
        }
    }
}
