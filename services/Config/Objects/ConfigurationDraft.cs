using ManagedOAuth.Config.Feed;
using ManagedOAuth.Contracts.Configuration;
using Marten;

namespace ManagedOAuth.Config.Objects;

/// <summary>
/// What a change is going to be: events decided one after another, each on the configuration with those before it. Nothing is saved before
/// <see cref="SaveTo"/>, so a draft that is dropped has done nothing.
/// </summary>
public sealed class ConfigurationDraft(ConfigurationState state)
{
    private readonly List<Action<IDocumentSession>> _work = [];
    private readonly List<Guid> _streams = [];

    /// <summary>The configuration with everything drafted so far.</summary>
    public ConfigurationState State { get; private set; } = state;

    /// <inheritdoc cref="State"/>
    public ConfigurationSnapshot Snapshot => State.Snapshot;

    /// <summary>The objects that events have been drafted of; one that has several stands there several times.</summary>
    public IReadOnlyCollection<Guid> Streams => _streams;

    /// <summary>Whether nothing has been drafted: there is nothing to save.</summary>
    public bool IsEmpty => _work.Count == 0;

    /// <summary>How many events have been drafted.</summary>
    public int EventCount => _streams.Count;

    /// <summary>
    /// Whether the objects come from an exported file: they keep what names them outside (ids of an application's own policies, audience tags,
    /// client ids of service tokens), which a single write always gets from here.
    /// </summary>
    public bool IsTransfer { get; init; }

    /// <summary>Version of an object's stream, removed ones included; 0 when there was never one.</summary>
    public long VersionOf(Guid id) => State.Entries.GetValueOrDefault(id)?.Version ?? 0;

    /// <summary>Drafts an event.</summary>
    /// <typeparam name="TObject">The folded stream.</typeparam>
    /// <param name="id">The stream.</param>
    /// <param name="version">The stream's version with the event; 1 begins it.</param>
    /// <param name="e">The event.</param>
    public void Append<TObject>(Guid id, long version, object e)
        where TObject : class
    {
        _work.Add(session =>
        {
            if (version == 1)
            {
                session.Events.StartStream<TObject>(id, e);
            }
            else
            {
                session.Events.Append(id, version, e);
            }
        });
        _streams.Add(id);
        State = State.After(e, id, version, State.Snapshot.Position + 1);
    }

    /// <summary>Drafts what is saved besides events.</summary>
    public void Also(Action<IDocumentSession> work) => _work.Add(work);

    /// <summary>Queues everything for the save of a unit of work.</summary>
    public void SaveTo(IDocumentSession session)
    {
        foreach (var work in _work)
        {
            work(session);
        }

        _work.Clear();
    }
}
