namespace Marten.Exceptions;

/// <summary>Base of what the store throws on purpose.</summary>
public abstract class MartenException : Exception
{
    /// <summary>Makes one.</summary>
    protected MartenException(string message, Exception? inner = null) : base(message, inner)
    {
    }
}
