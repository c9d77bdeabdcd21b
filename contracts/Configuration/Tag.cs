namespace ManagedOAuth.Contracts.Configuration;

/// <summary>A word that applications are sorted by. Its name is its address in the admin API and is never changed into that of another.</summary>
public sealed record Tag
{
    public required Guid Id { get; init; }

    public required string Name { get; init; }

    public long Version { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}
