using ManagedOAuth.Config.Objects;
using ManagedOAuth.Contracts.Configuration;
using Marten;

namespace ManagedOAuth.Config.Applications;

/// <summary>Claims the addresses of an application, in the transaction of its change.</summary>
internal static class AddressClaims
{
    /// <summary>Gives back what the application no longer has, and claims what is new.</summary>
    /// <param name="session">The application's unit of work.</param>
    /// <param name="before">The application before; null when it had no addresses.</param>
    /// <param name="after">The application after; null when it is removed.</param>
    public static void Move(IDocumentSession session, Application? before, Application? after)
    {
        var (old, now) = (Of(before), Of(after));
        foreach (var address in old.Except(now))
        {
            session.Delete<AddressClaim>(address);
        }

        session.Insert([.. now.Except(old).Select(address => new AddressClaim(address, after!.Id))]);
    }

    private static IReadOnlyList<string> Of(Application? application) => application is null
        ? []
        : [.. application.Destinations.Select(destination => destination.Uri).Prepend(application.Domain).Where(address => address.Length > 0).Distinct(StringComparer.Ordinal)];
}
