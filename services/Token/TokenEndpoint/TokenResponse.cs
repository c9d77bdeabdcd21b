using System.Text.Json.Serialization;

namespace ManagedOAuth.Token.TokenEndpoint;

/// <summary>A successful response (RFC 6749 §5.1, RFC 8707 §2.2). <c>scope</c> is always told, also when it is empty.</summary>
public sealed record TokenResponse(
    [property: JsonPropertyName("access_token")] string AccessToken,
    [property: JsonPropertyName("expires_in")] int ExpiresIn,
    [property: JsonPropertyName("refresh_token")] string RefreshToken,
    [property: JsonPropertyName("scope")] string Scope,
    [property: JsonPropertyName("resource")] string Resource)
{
    [JsonPropertyName("token_type")]
    public string TokenType { get; } = "Bearer";

    /// <summary>Never the tokens.</summary>
    public override string ToString() => "token response";
}

/// <summary>The error as it is sent.</summary>
public sealed record ErrorResponse(
    [property: JsonPropertyName("error")] string Error,
    [property: JsonPropertyName("error_description")] string Description);

/// <summary>What comes of a token request: exactly one of the two is there.</summary>
public sealed record TokenResult(TokenResponse? Response, OAuthError? Error)
{
    public static TokenResult Issued(TokenResponse response) => new(response, null);

    public static TokenResult Refused(OAuthError error) => new(null, error);
}

/// <summary>JSON of the endpoints' responses.</summary>
[JsonSerializable(typeof(TokenResponse))]
[JsonSerializable(typeof(ErrorResponse))]
internal sealed partial class EndpointJson : JsonSerializerContext;
