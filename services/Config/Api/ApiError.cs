using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Api;

/// <summary>One error of the envelope.</summary>
/// <param name="Code">The original's number: 12130 invalid request, 10000 authentication, 9109 permission, ...</param>
/// <param name="Message">Starts with the original's stable text; says what is wrong and what would be right.</param>
/// <param name="Source">Points to the bad field, where there is one.</param>
public sealed record ApiError(int Code, string Message, ErrorSource? Source = null);

/// <summary>Where in the request body an error is.</summary>
/// <param name="Pointer">JSON pointer (RFC 6901).</param>
public sealed record ErrorSource(string Pointer);

/// <summary>The errors that the admin API answers, with the original's numbers and texts.</summary>
public static class ApiErrors
{
    public static ApiError Invalid(string pointer, string reason)
        => new(12130, $"access.api.error.invalid_request: {reason}", new ErrorSource(pointer));

    public static ApiError InvalidRequest(string reason) => new(12130, $"access.api.error.invalid_request: {reason}");

    public static ApiError NotFound(string kind) => new(11021, $"access.api.error.unknown_{kind}");

    public static ApiError InUse(string reason) => new(12132, $"access.api.error.conflict: {reason}");

    public static ApiError ChangedMeanwhile(long version)
        => new(12136, $"access.api.error.precondition_failed: the object has changed since it was read and is at version {version} now; read it again and repeat the change on that");

    public static ApiError MovedOn(long position)
        => new(12136, $"access.api.error.precondition_failed: the configuration is at position {position} now and has changed since the plan; make a new plan");

    public static ApiError NotAuthenticated() => new(10000, "Authentication error");

    public static ApiError TooManyFailures() => new(10000, "Authentication error: too many wrong tokens from this address; wait for the time in Retry-After");

    public static ApiError NotPermitted() => new(9109, "Unauthorized to access requested resource");

    public static ApiError DecidesAboutTheDashboard(IEnumerable<ApiPermission> missing)
        => new(9109, $"Unauthorized to access requested resource: this decides who gets into the dashboard, which takes all that the dashboard gives; missing: {string.Join(", ", missing.Select(ApiPermissions.IdOf))}");

    public static ApiError DashboardIsReadOnly()
        => new(9109, "Unauthorized to access requested resource: the organization's is_ui_read_only is on, so changes are made with API tokens only");

    public static ApiError HistoryIsBusy() => new(10013, "access.api.error.unavailable: the whole configuration of a time is being computed for somebody else; try again in a moment");

    public static ApiError Unavailable(string what) => new(10013, $"access.api.error.unavailable: {what} does not answer at the moment; try again");
}
