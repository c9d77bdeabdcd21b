namespace ManagedOAuth.AuthorizationServer.Clients;

/// <summary>
/// A registration that was ended for good. A document beside the registration, because whoever has just read that may store it once more: a consent,
/// or the end of a grant.
/// </summary>
/// <param name="Id">The <c>client_id</c>.</param>
/// <param name="At">When.</param>
public sealed record RevokedClient(string Id, DateTimeOffset At);
