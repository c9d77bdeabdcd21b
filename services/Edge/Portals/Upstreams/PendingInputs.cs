using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.ServiceDefaults.HotStore;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>
/// Questions of a server of a revision without sessions to a client that has one (SEP-2322): the server ends its answer with them, the portal asks the
/// client the way it knows, and sends the request again with what the client said. The client's responses may come to another replica; they meet in
/// Redis.
/// </summary>
internal sealed class PendingInputs(IHotStore store)
{
    private const string Prefix = "in.";
    private const string Asked = ":asked";

    // Longest answer that is left for another replica, which looks for it several times a second.
    private const int MaximumElsewhere = 1024 * 1024;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_kept = TimeSpan.FromMinutes(1);

    /// <summary>How long a person may think about a question.</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, TaskCompletionSource<JsonElement>> _waiting = new(StringComparer.Ordinal);

    /// <summary>How long a question waits.</summary>
    public TimeSpan Patience { get; set; } = Life;

    /// <summary>Whether a response of a client belongs here.</summary>
    public static bool Is(string id) => id.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary>Asks the client one question, and waits for what it says.</summary>
    /// <param name="request">The client's request that led to it.</param>
    /// <param name="question">Method and parameters.</param>
    /// <exception cref="UpstreamException">The client refused to say anything, or said nothing in time.</exception>
    public async Task<JsonElement> AskAsync(PortalRequest request, JsonElement question)
    {
        var id = Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var key = KeyOf(request.Principal.Key, id);
        var answered = _waiting[key] = new TaskCompletionSource<JsonElement>(TaskCreationOptions.RunContinuationsAsynchronously);
        try
        {
            await MarkAsync(key, request.Cancellation);
            await request.Stream.SendAsync(RpcWriter.Write(json =>
            {
                json.WriteStartObject();
                json.WriteString("jsonrpc", "2.0");
                json.WriteString("id", id);
                RpcWriter.Members(json, question);
                json.WriteEndObject();
            }));
            return ResultOf(await WaitAsync(key, answered.Task, request.Cancellation));
        }
        finally
        {
            _waiting.TryRemove(key, out _);
            _ = TakeAsync(key + Asked, CancellationToken.None);
        }
    }

    /// <summary>A client has said something. What nobody asked for, or answers once more, is not kept.</summary>
    public async Task AnswerAsync(PortalRequest request)
    {
        var key = KeyOf(request.Principal.Key, request.Message.Id.GetString()!);
        if (_waiting.TryGetValue(key, out var waiting))
        {
            waiting.TrySetResult(request.Message.Root);
            return;
        }

        var answer = RpcWriter.Write(json => json.Raw(request.Message.Root));
        if (answer.Length <= MaximumElsewhere && await store.TakeAsync(key + Asked, request.Cancellation) is not null)
        {
            await store.SetAsync(key, answer, s_kept, request.Cancellation);
        }
    }

    // For the other replicas: a client may answer what it was asked, and nothing else.
    private async Task MarkAsync(string key, CancellationToken cancellation)
    {
        try
        {
            await store.SetAsync(key + Asked, new byte[] { 1 }, Life, cancellation);
        }
        catch (HotStoreUnavailableException)
        {
            // The answer may still come to this replica.
        }
    }

    private async Task<JsonElement> WaitAsync(string key, Task<JsonElement> answered, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        end.CancelAfter(Patience);
        try
        {
            while (true)
            {
                if (await Task.WhenAny(answered, Task.Delay(s_look, end.Token)) == answered)
                {
                    return await answered;
                }

                end.Token.ThrowIfCancellationRequested();
                if (await TakeAsync(key, end.Token) is { } elsewhere)
                {
                    return JsonDocument.Parse(elsewhere).RootElement;
                }
            }
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new UpstreamException(PortalOutcomes.Timeout, "The client did not answer the server's question in time.");
        }
    }

    private async Task<byte[]?> TakeAsync(string key, CancellationToken cancellation)
    {
        try
        {
            return await store.TakeAsync(key, cancellation);
        }
        catch (HotStoreUnavailableException)
        {
            // The answer may still come to this replica.
            return null;
        }
    }

    private static JsonElement ResultOf(JsonElement response)
        => RpcMessage.Member(response, "result") is { ValueKind: JsonValueKind.Object } result
            ? result
            : throw new UpstreamException(PortalOutcomes.Cancelled, "The client did not answer the server's question.");

    /// <summary>Where the answer to a question is left for other replicas: it counts only for the one whom the question was for.</summary>
    internal static string KeyOf(string principal, string id)
        => "portal:input:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{principal}\n{id}")));
}
