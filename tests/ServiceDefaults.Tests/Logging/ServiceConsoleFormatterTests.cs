using System.Text.Json;
using ManagedOAuth.ServiceDefaults.Logging;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ManagedOAuth.ServiceDefaults.Tests.Logging;

public class ServiceConsoleFormatterTests
{
    private const string Canary = "mo_rt_canary0123456789abcdef";

    [Theory]
    [InlineData(ConsoleFormat.Text)]
    [InlineData(ConsoleFormat.Json)]
    public void Write_SecretInMessageValueAndException_AppearsNowhere(ConsoleFormat format)
    {
        var exception = new InvalidOperationException($"outer {Canary}", new FormatException($"inner\nline {Canary}"));
        var text = Format(format, "Refreshing {Token} failed", Canary, exception);
        Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
        Assert.Contains("mo_rt_[redacted]", text, StringComparison.Ordinal);
        Assert.Contains("FormatException", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_TextWithInjectedLine_StaysOneRecord()
    {
        var text = Format(ConsoleFormat.Text, "Unknown client {Client}", "x\r\n2030-01-01T00:00:00.000Z info Fake: forged", null);
        Assert.Single(text.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public void Write_ExceptionWithInjectedLine_IsIndented()
    {
        var text = Format(ConsoleFormat.Text, "Failed {What}", "x", new FormatException("a\n2030-01-01T00:00:00.000Z info Fake: forged"));
        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(lines.Skip(1), line => Assert.StartsWith("      ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Write_Json_CarriesValuesByName()
    {
        using var json = JsonDocument.Parse(Format(ConsoleFormat.Json, "Grant {Grant} opened", "g-1", null));
        Assert.Equal("Grant g-1 opened", json.RootElement.GetProperty("message").GetString());
        Assert.Equal("g-1", json.RootElement.GetProperty("values").GetProperty("Grant").GetString());
        Assert.Equal("info", json.RootElement.GetProperty("level").GetString());
    }

    private static string Format(ConsoleFormat format, string template, string value, Exception? exception)
    {
        var formatter = new ServiceConsoleFormatter(Options.Create(new ServiceConsoleOptions { Format = format }), new ManualClock());
        using var writer = new StringWriter();
        var logger = new Capture(formatter, writer);
#pragma warning disable CA2254 // The template is the test's subject.
        logger.LogInformation(exception, template, value);
#pragma warning restore CA2254
        return writer.ToString();
    }

    private sealed class Capture(ServiceConsoleFormatter formatter, StringWriter writer) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> text) =>
            formatter.Write(new LogEntry<TState>(logLevel, "Test", eventId, state, exception, text), null, writer);
    }
}
