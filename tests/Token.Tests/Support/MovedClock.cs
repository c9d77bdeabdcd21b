namespace ManagedOAuth.Token.Tests.Support;

/// <summary>A clock that a test moves.</summary>
internal sealed class MovedClock : TimeProvider
{
    public DateTimeOffset Now { get; set; } = DateTimeOffset.UtcNow;

    public override DateTimeOffset GetUtcNow() => Now;
}
