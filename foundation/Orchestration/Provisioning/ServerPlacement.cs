namespace Aspire.Hosting.Provisioning;

/// <summary>Where a server comes from.</summary>
internal enum ServerPlacement
{
    /// <summary>Somebody else runs it, and its connection string was given.</summary>
    Given,

    /// <summary>A child process of an installed program.</summary>
    Local,

    /// <summary>A container.</summary>
    Container,

    /// <summary>The distribution's package is installed first, then as <see cref="Local"/>.</summary>
    Install,

    /// <summary>None of these is possible.</summary>
    Impossible,
}

/// <summary>The choice, in this order: what was given, what is installed, a container engine, the distribution's packages.</summary>
internal static class ServerPlacementRule
{
    /// <summary>The later questions cost time (an engine is asked, rights are tried) and are put only when the earlier ones said no.</summary>
    public static async Task<ServerPlacement> ChooseAsync(bool given, bool installed, Func<Task<bool>> hasEngine, Func<Task<bool>> canInstall) =>
        given ? ServerPlacement.Given
        : installed ? ServerPlacement.Local
        : await hasEngine().ConfigureAwait(false) ? ServerPlacement.Container
        : await canInstall().ConfigureAwait(false) ? ServerPlacement.Install
        : ServerPlacement.Impossible;
}
