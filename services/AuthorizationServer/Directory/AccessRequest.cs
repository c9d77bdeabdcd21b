using System.Text.Json.Serialization;
using ManagedOAuth.AuthorizationServer.Login;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>One line of the authentication log: somebody who had logged in asked for an application. Made from an event of the login's stream.</summary>
public sealed record AccessRequest
{
    public required Guid Id { get; init; }

    /// <summary>Microseconds since 1970.</summary>
    public required long At { get; init; }

    public required Guid LoginId { get; init; }

    public required Guid UserId { get; init; }

    public required string Email { get; init; }

    public required Guid ApplicationId { get; init; }

    /// <summary>The OAuth client; empty for a browser.</summary>
    public string ClientId { get; init; } = "";

    public Guid ProviderId { get; init; }

    /// <summary>Type of the identity provider.</summary>
    public required string Connection { get; init; }

    public required bool Allowed { get; init; }

    public Guid? PolicyId { get; init; }

    public string? PolicyName { get; init; }

    /// <summary>The rule that decided.</summary>
    public string Rule { get; init; } = "";

    public string Address { get; init; } = "";

    public string FlowId { get; init; } = "";

    [JsonIgnore]
    public DateTimeOffset Time => DateTimeOffset.UnixEpoch.AddMicroseconds(At);

    /// <summary>The line of an access that was given.</summary>
    public static AccessRequest Of(AccessAllowed allowed, Guid id, Guid loginId, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(allowed);
        return new AccessRequest
        {
            Id = id,
            At = (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            LoginId = loginId,
            UserId = allowed.UserId,
            Email = allowed.Email,
            ApplicationId = allowed.ApplicationId,
            ClientId = allowed.ClientId,
            ProviderId = allowed.ProviderId,
            Connection = allowed.ProviderType,
            Allowed = true,
            PolicyId = allowed.PolicyId,
            PolicyName = allowed.PolicyName,
            Rule = allowed.PolicyRule,
            Address = allowed.ClientAddress,
            FlowId = allowed.FlowId,
        };
    }

    /// <summary>The line of an access that the policies refused; null when the user said no, which is no login that failed.</summary>
    public static AccessRequest? Of(AccessDenied denied, Guid id, Guid loginId, Guid providerId, string connection, DateTimeOffset at)
    {
        ArgumentNullException.ThrowIfNull(denied);
        return denied.Reason != "policy" ? null : new AccessRequest
        {
            Id = id,
            At = (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond,
            LoginId = loginId,
            UserId = denied.UserId,
            Email = denied.Email,
            ApplicationId = denied.ApplicationId,
            ClientId = denied.ClientId,
            ProviderId = providerId,
            Connection = connection,
            Allowed = false,
            PolicyId = denied.PolicyId,
            PolicyName = denied.PolicyName,
            Rule = denied.PolicyRule,
            Address = denied.ClientAddress,
            FlowId = denied.FlowId,
        };
    }
}

/// <summary>A line as Config gets it. Snake case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AccessRequest))]
internal sealed partial class AccessRequestJson : JsonSerializerContext;
