using System.Runtime.CompilerServices;
using Microsoft.Playwright;

namespace ManagedOAuth.EndToEnd.Tests.Dashboard;

/// <summary>How long Playwright's assertions look: its own five seconds are too short for a busy machine.</summary>
internal static class PlaywrightPatience
{
    [ModuleInitializer]
    internal static void Set() => Assertions.SetDefaultExpectTimeout(60_000);
}
