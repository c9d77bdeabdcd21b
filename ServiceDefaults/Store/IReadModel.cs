namespace ManagedOAuth.ServiceDefaults.Store;

/// <summary>Documents that a service makes from its events by itself, without a projection of the store; registered, they are rebuilt with those.</summary>
public interface IReadModel
{
    /// <summary>The name by which an operator asks for it.</summary>
    string Name { get; }

    /// <summary>Makes the documents anew from the events. May run while the service writes them, and several times.</summary>
    Task RebuildAsync(CancellationToken cancellation);
}
