using Microsoft.IdentityModel.Tokens;

namespace ManagedOAuth.ServiceDefaults.ServiceIdentity;

/// <summary>
/// The fixed points of the credential with which one service proves its name to another: a JWT of its own type, signed by
/// the sender's key, for exactly one receiver, good for five minutes. No other token of the system has this type, so none
/// can pass for it (RFC 8725 section 3.11).
/// </summary>
public static class ServiceCredential
{
    /// <summary>Name of the HTTP header and of the gRPC metadata entry that carry it.</summary>
    public const string Header = "x-managedoauth-service";

    /// <summary>The JWT's <c>typ</c>.</summary>
    public const string Type = "mo-service+jwt";

    /// <summary>The only algorithm (RFC 7518 section 3.4).</summary>
    public const string Algorithm = SecurityAlgorithms.EcdsaSha256;

    /// <summary>How long one lives.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(5);

    /// <summary>How far two services' clocks may be apart.</summary>
    public static readonly TimeSpan ClockSkew = TimeSpan.FromSeconds(30);

    /// <summary>Longer ones are refused unread; ours are below 400 characters.</summary>
    public const int MaximumLength = 2048;
}
