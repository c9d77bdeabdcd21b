using System.Globalization;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.OpenApi;

namespace ManagedOAuth.Config.Portals.Log;

/// <summary>A query of the log as SQL over its lines, newest first, page by page after a key. Values stand as <c>?</c>.</summary>
public sealed class PortalLogQuery
{
    private const int LongestValue = 1024;

    // Only these names, and only these expressions: nothing of a request becomes SQL.
    private static readonly (string Parameter, string Condition, string Description)[] s_texts =
    [
        ("user", "(data ->> 'userEmail') = ?", "The user's address."),
        ("user_id", "(data -> 'request' ->> 'userId') = ?", "The user."),
        ("service_token_id", "(data -> 'request' ->> 'serviceTokenId') = ?", "The service token."),
        ("server", "(data ->> 'serverId') = ?", "The server."),
        ("portal", "(data -> 'request' ->> 'portalId') = ?", "The portal."),
        ("method", "(data -> 'request' ->> 'method') = ?", "The method of the protocol, such as tools/call."),
        ("tool", "(data -> 'request' ->> 'tool') = ?", "The tool."),
        ("prompt", "(data -> 'request' ->> 'prompt') = ?", "The prompt."),
        ("outcome", "(data -> 'request' ->> 'outcome') = ?", "What came of it, such as ok, denied or timeout."),
        ("session", "(data -> 'request' ->> 'sessionId') = ?", "The session."),
        ("grant", "(data ->> 'grantId') = ?", "The grant."),
        ("flow", "(data ->> 'flowId') = ?", "The id that the answer showed."),
    ];

    private readonly List<string> _conditions = ["true"];
    private readonly List<object> _values = [];

    private PortalLogQuery()
    {
    }

    /// <summary>Lines of one page.</summary>
    public int PageSize { get; private init; } = 50;

    /// <summary>The tail of the query, for one line more than a page.</summary>
    public string Sql => $"where {string.Join(" and ", _conditions)} order by ((data ->> 'at')::bigint) desc, id desc limit {PageSize + 1}";

    public IReadOnlyList<object> Values => _values;

    /// <summary>Describes the parameters on the route.</summary>
    public static void DescribeTo(RouteHandlerBuilder route)
    {
        foreach (var (parameter, _, description) in s_texts)
        {
            route.Describe(parameter, "string", description);
        }

        route.Describe("success", "boolean", "Whether it succeeded.").Describe("min_duration_ms", "integer", "Only what took so long, or longer.")
            .DescribeTime("since", "From this time on").DescribeTime("until", "Up to this time")
            .Describe("per_page", "integer", "1 to 500; 50 unless given.").Describe("cursor", "string", "From result_info: the lines before those of this page.");
    }

    /// <summary>Reads a request; what is wrong goes to the errors.</summary>
    public static PortalLogQuery Read(IQueryCollection query, List<ApiError> errors)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentNullException.ThrowIfNull(errors);
        var size = Number(query, "per_page", 1, 500, errors);
        var read = new PortalLogQuery { PageSize = (int)(size ?? 50) };
        foreach (var (parameter, condition, _) in s_texts)
        {
            if (query[parameter].ToString() is { Length: > 0 } value)
            {
                read.Add(condition, parameter == "user" ? value.Trim().ToLowerInvariant() : value);
                if (value.Length > LongestValue)
                {
                    errors.Add(ApiErrors.InvalidRequest($"{parameter} has at most {LongestValue} characters"));
                }
            }
        }

        if (query["success"].ToString() is { Length: > 0 } success)
        {
            read.Add("((data -> 'request' ->> 'success')::boolean) = ?", success == "true");
            if (success is not ("true" or "false"))
            {
                errors.Add(ApiErrors.InvalidRequest("success is true or false"));
            }
        }

        if (Number(query, "min_duration_ms", 0, long.MaxValue, errors) is { } duration)
        {
            read.Add("((data -> 'request' ->> 'durationMs')::bigint) >= ?", duration);
        }

        read.Time(query, "since", ">=", errors);
        read.Time(query, "until", "<=", errors);
        read.After(query["cursor"].ToString(), errors);
        return read;
    }

    /// <summary>The key of a line, for the page after it.</summary>
    public static string CursorOf(PortalLogLine line)
    {
        ArgumentNullException.ThrowIfNull(line);
        return string.Create(CultureInfo.InvariantCulture, $"{line.At}.{line.Id:N}");
    }

    private void After(string cursor, List<ApiError> errors)
    {
        if (cursor.Length == 0)
        {
            return;
        }

        if (cursor.Split('.') is [var at, var id] && long.TryParse(at, NumberStyles.None, CultureInfo.InvariantCulture, out var time) && Guid.TryParseExact(id, "N", out var key))
        {
            _conditions.Add("(((data ->> 'at')::bigint), id) < (?, ?)");
            _values.AddRange([time, key]);
        }
        else
        {
            errors.Add(ApiErrors.InvalidRequest("cursor is what result_info gave"));
        }
    }

    private void Time(IQueryCollection query, string parameter, string comparison, List<ApiError> errors)
    {
        if (query[parameter].ToString() is not { Length: > 0 } text)
        {
            return;
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
        {
            Add($"((data ->> 'at')::bigint) {comparison} ?", PortalLogEntries.Microseconds(time));
        }
        else
        {
            errors.Add(ApiErrors.InvalidRequest($"{parameter} is a time (RFC 3339)"));
        }
    }

    private static long? Number(IQueryCollection query, string parameter, long minimum, long maximum, List<ApiError> errors)
    {
        if (query[parameter].ToString() is not { Length: > 0 } text)
        {
            return null;
        }

        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= minimum && number <= maximum)
        {
            return number;
        }

        errors.Add(ApiErrors.InvalidRequest(maximum == long.MaxValue ? $"{parameter} is a whole number" : $"{parameter} is from {minimum} to {maximum}"));
        return null;
    }

    private void Add(string condition, object value)
    {
        _conditions.Add(condition);
        _values.Add(value);
    }
}
