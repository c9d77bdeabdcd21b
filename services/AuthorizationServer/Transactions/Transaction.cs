using System.Text.Json.Serialization;

namespace ManagedOAuth.AuthorizationServer.Transactions;

/// <summary>
/// One way through login and consent, from the request that began it to the answer. Lives in the hot store for ten minutes, and ten more from each PIN; the pages carry
/// its id and nothing else, so what is approved is what is stored here.
/// </summary>
public sealed record Transaction
{
    /// <summary>128 random bits; in the address of its pages.</summary>
    public required string Id { get; init; }

    public required Guid ApplicationId { get; init; }

    /// <summary>Correlates everything that comes of the first request.</summary>
    public required string FlowId { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Set when it ends in an authorization code.</summary>
    public AuthorizationEnd? Authorization { get; init; }

    /// <summary>Set when it ends in a browser session at the application.</summary>
    public BrowserEnd? Browser { get; init; }

    /// <summary>Set when it only tries an identity provider: it ends in a report.</summary>
    public ProviderTest? Test { get; init; }

    /// <summary>Hash of the flow cookie of the browser that opened it first; null until then.</summary>
    public string? BrowserHash { get; init; }

    /// <summary>The user must log in within this transaction, signed on or not.</summary>
    public bool ForceLogin { get; init; }

    /// <summary>The login that satisfied <see cref="ForceLogin"/>.</summary>
    public Guid? LoginId { get; init; }

    /// <summary>The login that the policies refused here, so that a page that is loaded again is not recorded again.</summary>
    public Guid? DeniedLoginId { get; init; }

    /// <summary>What other services said about the user of a login.</summary>
    public EvaluatedLogin? Evaluated { get; init; }

    /// <summary>The PIN that is waited for.</summary>
    public PinChallenge? Pin { get; init; }

    /// <summary>How many PINs were asked for.</summary>
    public int PinsAsked { get; init; }
}

/// <summary>What other services said about the user of a login, for the application of this transaction.</summary>
/// <param name="LoginId">The login.</param>
/// <param name="Evaluations">By the key of the rule that asked.</param>
public sealed record EvaluatedLogin(Guid LoginId, IReadOnlyDictionary<string, bool> Evaluations);

/// <summary>The proven authorization request.</summary>
/// <param name="ClientId">A client of the application.</param>
/// <param name="ClientName">What the client calls itself; null when it gave no name.</param>
/// <param name="RedirectUri">Registered and allowed.</param>
/// <param name="State">Given back as it is.</param>
/// <param name="CodeChallenge">S256.</param>
/// <param name="Resource">As the client spelled it; empty = the application's own.</param>
/// <param name="Scope">Space-separated; may be empty.</param>
/// <param name="Issuer">The application's issuer, for <c>iss</c>.</param>
public sealed record AuthorizationEnd(
    string ClientId, string? ClientName, string RedirectUri, string? State, string CodeChallenge, string Resource, string Scope, string Issuer);

/// <summary>Where a browser login returns to.</summary>
/// <param name="Origin">One of the application's public origins.</param>
/// <param name="ReturnPath">Path and query on that origin.</param>
/// <param name="State">Edge's own, given back as it is.</param>
public sealed record BrowserEnd(string Origin, string ReturnPath, string State);

/// <summary>A try of an identity provider, and what came of it.</summary>
/// <param name="ProviderId">The identity provider.</param>
public sealed record ProviderTest(Guid ProviderId)
{
    /// <summary><c>pending</c>, <c>succeeded</c>, <c>refused</c> or <c>unavailable</c>.</summary>
    public string Status { get; init; } = "pending";

    /// <summary>Why, unless it succeeded.</summary>
    public string Explanation { get; init; } = "";

    public string Email { get; init; } = "";

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Claims { get; init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Whether the provider gave what refreshes need to follow the user. What it gave is dropped.</summary>
    public bool CanBeAskedAgain { get; init; }
}

/// <summary>A PIN that was asked for.</summary>
/// <param name="Number">Which PIN of the transaction: attempts are counted per PIN.</param>
/// <param name="Email">The normalised address.</param>
/// <param name="ProviderId">The identity provider.</param>
/// <param name="Hash">Keyed hash of the PIN; the key is in the browser's cookie alone.</param>
public sealed record PinChallenge(int Number, string Email, Guid ProviderId, string Hash);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Transaction))]
internal sealed partial class TransactionJson : JsonSerializerContext;
