using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using ManagedOAuth.Edge.Portals.Sessions;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Streams;

/// <summary>The clients that listen at this replica.</summary>
internal sealed partial class Listeners(PortalDirectories directories, ILogger<Listeners> logger)
{
    private readonly ConcurrentDictionary<Listener, byte> _listeners = new(ReferenceEqualityComparer.Instance as IEqualityComparer<Listener>);

    // How many streams there are of each session.
    private readonly ConcurrentDictionary<string, int> _bySession = new(StringComparer.Ordinal);

    public int Count => _listeners.Count;

    /// <summary>Adds a listener; disposing ends it.</summary>
    public IDisposable Add(Listener listener)
    {
        listener.Seen = See(listener);
        _listeners[listener] = 0;
        _bySession.AddOrUpdate(listener.SessionId, 1, static (_, count) => count + 1);
        return new Registration(this, listener);
    }

    /// <summary>Sends a message to one stream of a session (never to two). False: nobody listens here.</summary>
    public async Task<bool> SendAsync(string sessionId, ReadOnlyMemory<byte> message)
    {
        foreach (var (listener, _) in _listeners)
        {
            if (listener.SessionId == sessionId)
            {
                await listener.Stream.SendAsync(message);
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether somebody listens in a session here.</summary>
    public bool Hears(string sessionId) => _bySession.ContainsKey(sessionId);

    /// <summary>The session has switched servers, and its client has been told.</summary>
    public void Switch(string sessionId, IReadOnlyList<string> switchedOff)
    {
        foreach (var (listener, _) in _listeners.Where(entry => entry.Key.SessionId == sessionId))
        {
            listener.SwitchedOff = switchedOff;
            listener.Seen = See(listener);
        }
    }

    /// <summary>Servers of a session were switched where its client does not see it: those who listen in it are told what changed for them.</summary>
    /// <param name="reference">The session; see <see cref="PortalSessionStore.ReferenceOf"/>.</param>
    /// <param name="switchedOff">Servers that are off now.</param>
    public void Switched(string reference, IReadOnlyList<string> switchedOff)
    {
        foreach (var listener in _listeners.Keys.Where(listener => PortalSessionStore.ReferenceOf(listener.SessionId) == reference))
        {
            Tell(listener, switchedOff);
        }
    }

    /// <summary>
    /// As <see cref="Switched"/>, for what was switched at another replica: every session that is listened to here is looked at. Whoever listens in one that has
    /// ended, which another login of theirs may do, is told so by the end of the stream.
    /// </summary>
    public async Task CatchUpAsync(PortalSessionStore sessions, CancellationToken cancellation)
    {
        foreach (var listener in _listeners.Keys.Where(listener => listener.Principal is not null))
        {
            if (await sessions.FindAsync(listener.SessionId, listener.ApplicationId, listener.Principal!.Value, cancellation) is { } session)
            {
                Tell(listener, session.SwitchedOff);
            }
            else
            {
                listener.End?.Invoke();
            }
        }
    }

    private void Tell(Listener listener, IReadOnlyList<string> switchedOff)
    {
        if (!listener.SwitchedOff.ToHashSet().SetEquals(switchedOff))
        {
            listener.SwitchedOff = switchedOff;
            _ = TellAsync(listener);
        }
    }

    /// <summary>Tells everybody whose lists are not what they were, and does not wait for it: a client that does not read keeps nobody waiting.</summary>
    public void TellChanges()
    {
        foreach (var listener in _listeners.Keys)
        {
            _ = TellAsync(listener);
        }
    }

    private async Task TellAsync(Listener listener)
    {
        if (!listener.TryBeginTelling())
        {
            return;
        }

        do
        {
            try
            {
                await TellOnceAsync(listener);
            }
            catch (Exception failure)
            {
                // Protects the other listeners, and this one's next change.
                Log.NotTold(logger, failure);
            }
        }
        while (listener.TellsAgain());
    }

    private async Task TellOnceAsync(Listener listener)
    {
        var (before, now) = (listener.Seen, See(listener));
        listener.Seen = now;
        if (listener.HearsTools && before.Tools != now.Tools)
        {
            await listener.Stream.SendAsync(listener.Tag(NotificationMethods.ToolListChangedNotification));
        }

        if (listener.HearsPrompts && before.Prompts != now.Prompts)
        {
            await listener.Stream.SendAsync(listener.Tag(NotificationMethods.PromptListChangedNotification));
        }

        if (listener.HearsResources && before.Resources != now.Resources)
        {
            await listener.Stream.SendAsync(listener.Tag(NotificationMethods.ResourceListChangedNotification));
        }
    }

    // Definitions and catalogs are the same objects as long as nothing about them has changed, so their identity tells.
    private (int Tools, int Prompts, int Resources) See(Listener listener)
    {
        var (tools, prompts, resources) = (new HashCode(), new HashCode(), new HashCode());
        if (directories.Find(listener.ApplicationId) is { } directory)
        {
            foreach (var server in directory.Servers.Where(server => !listener.SwitchedOff.Contains(server.ServerId) && directory.Sees(listener.Visitor, server)))
            {
                foreach (var tool in server.Tools.Where(tool => directory.MayUse(listener.Visitor, tool)))
                {
                    tools.Add(RuntimeHelpers.GetHashCode(tool));
                }

                foreach (var prompt in server.Prompts.Where(prompt => directory.MayUse(listener.Visitor, prompt)))
                {
                    prompts.Add(RuntimeHelpers.GetHashCode(prompt));
                }

                resources.Add(RuntimeHelpers.GetHashCode(server.Catalog?.Resources));
                resources.Add(RuntimeHelpers.GetHashCode(server.Catalog?.ResourceTemplates));
            }
        }

        return (tools.ToHashCode(), prompts.ToHashCode(), resources.ToHashCode());
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "A portal's client could not be told of a change.", EventName = "PortalChangeNotTold")]
        public static partial void NotTold(ILogger logger, Exception failure);
    }

    private sealed class Registration(Listeners listeners, Listener listener) : IDisposable
    {
        public void Dispose()
        {
            if (!listeners._listeners.TryRemove(listener, out _))
            {
                return;
            }

            // Whoever adds one at the same moment counts anew.
            while (listeners._bySession.TryGetValue(listener.SessionId, out var count)
                && !(count == 1
                    ? listeners._bySession.TryRemove(new KeyValuePair<string, int>(listener.SessionId, 1))
                    : listeners._bySession.TryUpdate(listener.SessionId, count - 1, count)))
            {
                Thread.Yield();
            }
        }
    }
}
