namespace ManagedOAuth.Token;

/// <summary>Settings of this service (section <c>Token</c>). The defaults are what the documentation promises.</summary>
public sealed class TokenOptions
{
    public const string Section = "Token";

    /// <summary>How long a signing key signs before the next one takes over.</summary>
    public TimeSpan SigningKeyInterval { get; set; } = TimeSpan.FromDays(42);

    /// <summary>How long a retired signing key stays published at least; longer while something that it signed may be valid.</summary>
    public TimeSpan SigningKeyOverlap { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long a key is published before it signs, so that every replica and edge has it.</summary>
    public TimeSpan SigningKeyLead { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a sealing key seals access tokens; its successor is made and handed to the edges one period ahead.</summary>
    public TimeSpan SealingKeyPeriod { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Age of the configuration at which nothing more is issued or refreshed.</summary>
    public TimeSpan ConfigurationStalenessLimit { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long authorization codes and session codes live.</summary>
    public TimeSpan CodeLifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// How long a request waits for what others know: whether the client is who it says, what the identity provider says of the user now, what external
    /// evaluations say. After that it is an outage: nothing is consumed, and the client comes again.
    /// </summary>
    public TimeSpan LookupDeadline { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>Pause between two looks for ended grants; commits of this process are seen at once.</summary>
    public TimeSpan RevocationPollInterval { get; set; } = TimeSpan.FromMilliseconds(150);

    /// <summary>Grants that one step of an evaluation after a changed configuration looks at.</summary>
    public int EvaluationBatch { get; set; } = 100;
}
