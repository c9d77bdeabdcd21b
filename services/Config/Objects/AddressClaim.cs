namespace ManagedOAuth.Config.Objects;

/// <summary>A public address and the application that has it: its key makes two applications with one address impossible, also in a race.</summary>
/// <param name="Id">The address, normalised.</param>
public sealed record AddressClaim(string Id, Guid ApplicationId);
