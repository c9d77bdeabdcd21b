using System.Text.Json;

namespace ManagedOAuth.Edge.Tests.Harness;

/// <summary>A message of an event stream.</summary>
/// <param name="Id">The event's id; empty = none.</param>
/// <param name="Json">The message.</param>
public sealed record StreamMessage(string Id, JsonElement Json);

/// <summary>Reads the messages of an answer that is an event stream, one after the other; comments and events without data are passed over.</summary>
public sealed class EventReader(HttpResponseMessage response, HttpClient http) : IAsyncDisposable
{
    private StreamReader? _reader;

    public int Status => (int)response.StatusCode;

    /// <summary><c>Retry-After</c>; null = not said.</summary>
    public string? RetryAfter => response.Headers.RetryAfter?.ToString();

    /// <summary>The next message.</summary>
    /// <exception cref="EndOfStreamException">The stream has ended.</exception>
    public async Task<StreamMessage> NextAsync()
    {
        _reader ??= new StreamReader(await response.Content.ReadAsStreamAsync());
        var id = "";
        while (await _reader.ReadLineAsync() is { } line)
        {
            if (line.StartsWith("id: ", StringComparison.Ordinal))
            {
                id = line[4..];
            }
            else if (line.StartsWith('{'))
            {
                // An answer that is no stream.
                return new StreamMessage(id, JsonDocument.Parse(line).RootElement);
            }
            else if (line.StartsWith("data: ", StringComparison.Ordinal))
            {
                return new StreamMessage(id, JsonDocument.Parse(line[6..]).RootElement);
            }
        }

        throw new EndOfStreamException();
    }

    /// <summary>The next message that is a response.</summary>
    public async Task<StreamMessage> ResponseAsync()
    {
        StreamMessage message;
        do
        {
            message = await NextAsync();
        }
        while (!message.Json.TryGetProperty("result", out _) && !message.Json.TryGetProperty("error", out _));
        return message;
    }

    /// <summary>Closes the connection.</summary>
    public ValueTask DisposeAsync()
    {
        response.Dispose();
        http.Dispose();
        return default;
    }
}
