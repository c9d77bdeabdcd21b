using Grpc.Core;
using ManagedOAuth.Contracts.AuthorizationServer;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>A query of the authentication log as SQL over its lines. Values stand as <c>?</c>.</summary>
public sealed class AccessRequestQuery
{
    private const int LongestValue = 1024;
    private const int LongestList = 1 << 21;

    // Only these names, and only these expressions: nothing of a request becomes SQL.
    private static readonly Dictionary<string, string> s_fields = new(StringComparer.Ordinal)
    {
        ["email"] = "(data ->> 'email') = ?",
        ["email_part"] = "position(? in (data ->> 'email')) > 0",
        ["user_id"] = "(data ->> 'userId') = ?",
        ["app_id_any"] = "(data ->> 'applicationId') = any(string_to_array(?, ','))",
        ["app_id"] = "(data ->> 'applicationId') = ?",
        ["idp_id"] = "(data ->> 'providerId') = ?",
        ["connection"] = "(data ->> 'connection') = ?",
        ["client_id"] = "(data ->> 'clientId') = ?",
        ["flow_id"] = "(data ->> 'flowId') = ?",
        ["address"] = "(data ->> 'address') = ?",
        ["country"] = "(data ->> 'country') = ?",
        ["allowed"] = "(data ->> 'allowed') = ?",
        ["policy_id"] = "(data ->> 'policyId') = ?",
    };

    private readonly List<string> _conditions = [];
    private readonly List<object> _values = [];

    private AccessRequestQuery()
    {
    }

    /// <summary>Conditions without <c>where</c>.</summary>
    public string Conditions => _conditions.Count == 0 ? "true" : string.Join(" and ", _conditions);

    public IReadOnlyList<object> Values => _values;

    /// <summary>Reads a request.</summary>
    /// <exception cref="RpcException">INVALID_ARGUMENT with the bad field.</exception>
    public static AccessRequestQuery Of(AccessRequestsRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var query = new AccessRequestQuery();
        foreach (var filter in request.Filters)
        {
            if (!s_fields.TryGetValue(filter.Field, out var condition) || filter.Value.Length > (filter.Field == "app_id_any" ? LongestList : LongestValue) || filter.Value.Any(char.IsControl))
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, $"there is no filter {filter.Field}, or its value is too long or has control characters"));
            }

            // What has no such member is not that: a denial that no policy gave was not given by this policy.
            query._conditions.Add(filter.Not ? $"({condition}) is not true" : condition);
            query._values.Add(filter.Field is "email" or "email_part" ? filter.Value.Trim().ToLowerInvariant() : filter.Value);
        }

        query.AddTime("((data ->> 'at')::bigint) >= ?", request.Since);
        query.AddTime("((data ->> 'at')::bigint) <= ?", request.Until);
        return query;
    }

    private void AddTime(string condition, Google.Protobuf.WellKnownTypes.Timestamp? time)
    {
        if (time is not null)
        {
            _conditions.Add(condition);
            _values.Add((time.ToDateTimeOffset() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        }
    }
}
