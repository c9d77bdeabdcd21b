namespace Marten.Exceptions;

/// <summary>The database refused a command.</summary>
public class MartenCommandException : MartenException
{
    /// <summary>Makes one.</summary>
    public MartenCommandException(string message, string? sqlState, string? constraintName, bool isTransient, Exception? inner = null) : base(message, inner)
    {
        SqlState = sqlState;
        ConstraintName = constraintName;
        IsTransient = isTransient;
    }

    /// <summary>PostgreSQL's five-character code; null if the server did not answer.</summary>
    public string? SqlState { get; }

    /// <summary>The constraint that refused, if one did.</summary>
    public string? ConstraintName { get; }

    /// <summary>True if the same save may work when repeated from the start (deadlock, lost connection, time-out).</summary>
    public bool IsTransient { get; }
}

/// <summary>The database could not be reached or did not answer in time. For a save the outcome may be unknown.</summary>
public sealed class StoreUnavailableException : MartenCommandException
{
    /// <summary>Makes one.</summary>
    public StoreUnavailableException(string message, string? sqlState, Exception? inner = null) : base(message, sqlState, null, isTransient: true, inner)
    {
    }
}
