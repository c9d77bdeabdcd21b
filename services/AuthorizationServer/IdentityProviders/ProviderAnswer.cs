namespace ManagedOAuth.AuthorizationServer.IdentityProviders;

/// <summary>What a provider says about a user, or why that does not count.</summary>
public sealed record ProviderAnswer
{
    /// <summary>Why the answer is refused: a short word for log and metric; null when it counts.</summary>
    public string? Refusal { get; private init; }

    /// <summary>For the person who sees the refusal, or who set the provider up.</summary>
    public string Explanation { get; private init; } = "";

    /// <summary>Who it is at the provider; never reused there for somebody else.</summary>
    public string Subject { get; private init; } = "";

    /// <summary>Normalised.</summary>
    public string Email { get; private init; } = "";

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Claims { get; private init; } = new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>What the provider can be asked again with; a secret. Null when it gave nothing of the kind.</summary>
    public string? Credential { get; init; }

    /// <summary>The provider vouches for this user.</summary>
    public static ProviderAnswer Of(string subject, string email, IReadOnlyDictionary<string, IReadOnlyList<string>> claims)
        => new() { Subject = subject, Email = email, Claims = claims };

    /// <summary>The answer does not count.</summary>
    public static ProviderAnswer Refused(string refusal, string explanation) => new() { Refusal = refusal, Explanation = explanation };
}
