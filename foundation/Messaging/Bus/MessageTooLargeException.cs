namespace Wolverine;

/// <summary>A message's JSON is above <see cref="WolverineOptions.MaximumMessageBytes"/>; nothing was stored.</summary>
public sealed class MessageTooLargeException(string message) : Exception(message);
