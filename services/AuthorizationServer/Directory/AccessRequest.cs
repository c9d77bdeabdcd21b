using System.Text.Json.Serialization;
using ManagedOAuth.AuthorizationServer.Login;

namespace ManagedOAuth.AuthorizationServer.Directory;

/// <summary>One line of the authentication log: somebody who had logged in asked for an application, or a login failed. Made from an event of the login's stream.</summary>
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

    /// <summary>The country of the address (ISO 3166-1); empty where it is not known.</summary>
    public string Country { get; init; } = "";

    public string FlowId { get; init; } = "";

    [JsonIgnore]
    public DateTimeOffset Time => DateTimeOffset.UnixEpoch.AddMicroseconds(At);

    /// <summary>
    /// The line of an event; null when it makes none: the user's own no is no login that failed. It has the event's id, so that the same event is one
    /// line however often it is made.
    /// </summary>
    /// <param name="happened">The event.</param>
    /// <param name="id">The event's id.</param>
    /// <param name="loginId">Its stream.</param>
    /// <param name="saved">When it was saved, for events that do not say when they happened.</param>
    public static AccessRequest? Of(object happened, Guid id, Guid loginId, DateTimeOffset saved) => happened switch
    {
        AccessAllowed allowed => new AccessRequest
        {
            Id = id,
            At = allowed.At > 0 ? allowed.At : Microseconds(saved),
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
            Country = allowed.Country,
            FlowId = allowed.FlowId,
        },
        AccessDenied { Reason: "policy" } denied => new AccessRequest
        {
            Id = id,
            At = denied.At > 0 ? denied.At : Microseconds(saved),
            LoginId = loginId,
            UserId = denied.UserId,
            Email = denied.Email,
            ApplicationId = denied.ApplicationId,
            ClientId = denied.ClientId,
            ProviderId = denied.ProviderId,
            Connection = denied.ProviderType,
            Allowed = false,
            PolicyId = denied.PolicyId,
            PolicyName = denied.PolicyName,
            Rule = denied.PolicyRule,
            Address = denied.ClientAddress,
            Country = denied.Country,
            FlowId = denied.FlowId,
        },
        LoginFailed failed => new AccessRequest
        {
            Id = id,
            At = failed.At,
            LoginId = loginId,
            UserId = failed.UserId,
            Email = failed.Email,
            ApplicationId = failed.ApplicationId,
            ClientId = failed.ClientId,
            ProviderId = failed.ProviderId,
            Connection = failed.ProviderType,
            Allowed = false,
            Rule = failed.Reason,
            Address = failed.ClientAddress,
            Country = failed.Country,
            FlowId = failed.FlowId,
        },
        _ => null,
    };

    /// <summary>Microseconds since 1970.</summary>
    public static long Microseconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

/// <summary>A line as Config gets it. Snake case.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AccessRequest))]
internal sealed partial class AccessRequestJson : JsonSerializerContext;
