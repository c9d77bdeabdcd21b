namespace ManagedOAuth.Config.Objects;

/// <summary>
/// Config to itself, saved with the change: now that the change has a position, tell those whose grants it touches. (A position exists only
/// after the save, so it cannot be in a message that is saved with it.)
/// </summary>
/// <param name="Kind">Kind of the object, as in the feed.</param>
/// <param name="Id">The object, whose last event is the change.</param>
public sealed record ConfigurationChanged(string Kind, Guid Id, long Version);

/// <summary>The same of several objects that were saved together.</summary>
public sealed record ConfigurationsChanged(IReadOnlyList<ConfigurationChanged> Changes);
