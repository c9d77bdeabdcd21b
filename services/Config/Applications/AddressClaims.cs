using System.Collections.Immutable;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Feed;
using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;

namespace ManagedOAuth.Config.Applications;

/// <summary>Each public address belongs to one application.</summary>
internal static class AddressClaims
{
    /// <summary>The addresses of an application, as they are kept.</summary>
    public static IEnumerable<string> Of(Application? application) => application is null
        ? []
        : application.Destinations.Select(destination => destination.Uri).Prepend(application.Domain).Where(address => address.Length > 0).Distinct(StringComparer.Ordinal);

    /// <summary>Refuses an address that another application has.</summary>
    public static void Check(BodyReader body, Application application, ConfigurationState state)
    {
        if (Of(application).FirstOrDefault(address => state.Addresses.TryGetValue(address, out var owner) && owner != application.Id) is { } clash)
        {
            body.Refuse("domain", $"another application already has {clash}");
        }
    }

    /// <summary>Who has which address, after one application changed. What it no longer has may already be another's: what is saved together is read in any order.</summary>
    public static ImmutableDictionary<string, Guid> Move(ImmutableDictionary<string, Guid> owners, Guid id, Application? before, Application? after)
        => owners
            .RemoveRange(Of(before).Where(address => owners.TryGetValue(address, out var owner) && owner == id))
            .SetItems(Of(after).Select(address => KeyValuePair.Create(address, id)));

    /// <summary>Gives back what the application no longer has, and claims what is new: documents whose keys refuse a second owner, also in a race.</summary>
    /// <param name="before">The application before; null when it had no addresses.</param>
    /// <param name="after">The application after; null when it is removed.</param>
    /// <param name="draft">The change.</param>
    public static void Move(Application? before, Application? after, ConfigurationDraft draft)
    {
        var (old, now) = (Of(before).ToList(), Of(after).ToList());
        draft.Also(session =>
        {
            foreach (var address in old.Except(now, StringComparer.Ordinal))
            {
                session.Delete<AddressClaim>(address);
            }

            session.Insert([.. now.Except(old, StringComparer.Ordinal).Select(address => new AddressClaim(address, after!.Id))]);
        });
    }
}
