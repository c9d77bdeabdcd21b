using System.Text.Json;
using ManagedOAuth.Testing;

namespace ManagedOAuth.EndToEnd.Tests.Clients;

/// <summary>The mailbox of the local console.</summary>
public sealed class Mailbox(Uri console)
{
    private static readonly HttpClient s_http = new();

    /// <summary>The PIN of the newest mail to this address that is none of <paramref name="known"/>.</summary>
    public async Task<string> NewPinAsync(string address, IReadOnlyCollection<string> known)
    {
        string? pin = null;
        await Eventually.Async(async () =>
        {
            pin = (await PinsAsync(address)).FirstOrDefault(candidate => !known.Contains(candidate));
            return pin is not null;
        });
        return pin!;
    }

    /// <summary>All PINs mailed to this address, newest first.</summary>
    public async Task<IReadOnlyList<string>> PinsAsync(string address)
    {
        using var document = JsonDocument.Parse(await s_http.GetStringAsync(new Uri(console, $"/api/mailbox?to={Uri.EscapeDataString(address)}")));
        return [.. document.RootElement.EnumerateArray().Select(mail => mail.GetProperty("pin").GetString()!)];
    }
}
