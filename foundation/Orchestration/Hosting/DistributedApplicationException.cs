namespace Aspire.Hosting;

/// <summary>The application cannot start, and the message says to a person why and what to do. No stack trace is needed to understand it.</summary>
public sealed class DistributedApplicationException(string message, Exception? innerException = null) : Exception(message, innerException);
