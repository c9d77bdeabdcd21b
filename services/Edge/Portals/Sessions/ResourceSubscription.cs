namespace ManagedOAuth.Edge.Portals.Sessions;

/// <summary>A resource whose changes a client wants to hear of (<c>resources/subscribe</c>).</summary>
/// <param name="ServerId">The server that has it.</param>
/// <param name="Uri">Its URI.</param>
internal sealed record ResourceSubscription(string ServerId, string Uri)
{
    /// <summary>Most that are remembered of a session.</summary>
    public const int Maximum = 100;

    /// <summary>Most characters of all that are remembered of a session.</summary>
    public const int MaximumLength = 16 * 1024;

    /// <summary>One more; the oldest go where it is too many. The session itself when it is there already.</summary>
    public PortalSession AddTo(PortalSession session)
    {
        if (session.Subscriptions.Contains(this) || Uri.Length > MaximumLength)
        {
            return session;
        }

        var all = session.Subscriptions.Append(this).ToList();
        while (all.Count > Maximum || all.Sum(subscription => subscription.Uri.Length) > MaximumLength)
        {
            all.RemoveAt(0);
        }

        return session with { Subscriptions = all };
    }

    /// <summary>One less.</summary>
    public PortalSession RemoveFrom(PortalSession session)
        => session.Subscriptions.Contains(this) ? session with { Subscriptions = [.. session.Subscriptions.Where(subscription => subscription != this)] } : session;
}
