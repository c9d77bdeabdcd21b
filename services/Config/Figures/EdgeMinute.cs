namespace ManagedOAuth.Config.Figures;

/// <summary>What one edge counted in one minute; kept for two hours.</summary>
/// <param name="Id">Minute and edge.</param>
/// <param name="Edge">The edge's own name for itself.</param>
/// <param name="Minute">Minutes since 1970.</param>
/// <param name="Applications">By application.</param>
public sealed record EdgeMinute(string Id, string Edge, long Minute, IReadOnlyList<ApplicationCounts> Applications);

/// <summary>Requests of one application.</summary>
/// <param name="ApplicationId">Null = all others together.</param>
/// <param name="Allowed">Handed on to the origin.</param>
/// <param name="Challenged">Came without a credential.</param>
/// <param name="Refused">Came with one that does not count.</param>
public sealed record ApplicationCounts(Guid? ApplicationId, long Allowed, long Challenged, long Refused);
