using ManagedOAuth.ServiceDefaults.Logging;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.ServiceDefaults.Startup;

/// <summary>
/// Turns a refusal that ends <c>app.Run()</c> into its message and exit code 1, instead of a stack trace and an abort: it is the operator's
/// to cure, not a crash.
/// </summary>
internal static class StartupRefusals
{
    private static int s_installed;

    public static void ReportPlainly()
    {
        if (Interlocked.Exchange(ref s_installed, 1) == 0)
        {
            AppDomain.CurrentDomain.UnhandledException += static (_, unhandled) =>
            {
                if (MessageOf(unhandled.ExceptionObject) is { } message)
                {
                    Console.Error.WriteLine($"Refusing to start: {LogText.Line(message)}");
                    Environment.Exit(1);
                }
            };
        }
    }

    internal static string? MessageOf(object exception) => exception switch
    {
        StartupRefusedException refused => refused.Message,
        OptionsValidationException options => string.Join(" ", options.Failures),
        AggregateException { InnerExceptions: [var only] } => MessageOf(only),
        _ => null,
    };
}
