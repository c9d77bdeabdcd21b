namespace ManagedOAuth.AuthorizationServer.Upstream.OAuth;

/// <summary>A server cannot be connected as it is: what it or its authorization server said cannot be accepted. Trying again changes nothing.</summary>
/// <param name="message">For people, with what has to change; nothing that the server sent.</param>
public sealed class UpstreamException(string message) : Exception(message);
