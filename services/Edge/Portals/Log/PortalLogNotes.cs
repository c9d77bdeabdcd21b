namespace ManagedOAuth.Edge.Portals.Log;

/// <summary>What one request tells the portal's log, collected while it is served.</summary>
internal sealed class PortalLogNotes
{
    /// <summary>Empty: the portal itself answers.</summary>
    public string ServerId { get; set; } = "";

    /// <summary>The server's own name for it.</summary>
    public string Tool { get; set; } = "";

    public string Prompt { get; set; } = "";

    public string ResourceUri { get; set; } = "";

    /// <summary>More exactly than the answer says it; null = as the answer.</summary>
    public string? Outcome { get; set; }

    /// <summary>How long servers took; null: none was asked.</summary>
    public TimeSpan? ServerDuration { get; set; }
}
