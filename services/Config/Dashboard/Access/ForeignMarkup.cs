namespace ManagedOAuth.Config.Dashboard.Access;

/// <summary>Marks an endpoint that answers somebody's own document: it gets the policy of custom pages instead of ours.</summary>
public sealed class ForeignMarkup
{
    public static readonly ForeignMarkup Instance = new();

    private ForeignMarkup()
    {
    }
}
