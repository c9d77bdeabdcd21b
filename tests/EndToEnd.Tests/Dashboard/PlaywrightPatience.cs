using System.Runtime.CompilerServices;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>How long Playwright's assertions and windows wait: its own five and thirty seconds are too short for a slow, busy machine.</summary>
internal static class PlaywrightPatience
{
    /// <summary>As long as tests wait for anything else.</summary>
    public const float Milliseconds = 180_000;

    [ModuleInitializer]
    internal static void Set() => Assertions.SetDefaultExpectTimeout(Milliseconds);
}
