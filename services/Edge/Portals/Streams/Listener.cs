using System.Text.Json;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Streams;

/// <summary>A client that listens to what belongs to no request.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="ApplicationId">The portal's application.</param>
/// <param name="Visitor">Who it is.</param>
/// <param name="SwitchedOff">Servers that are switched off in the session.</param>
/// <param name="Stream">Where it listens.</param>
internal sealed record Listener(string SessionId, Guid ApplicationId, PortalVisitor Visitor, IReadOnlyList<string> SwitchedOff, ClientStream Stream)
{
    private readonly Lock _lock = new();
    private bool _isTold;
    private bool _isToldAgain;

    /// <summary>Whose session it is; null in a revision without sessions.</summary>
    public PortalPrincipal? Principal { get; init; }

    /// <summary>Ends its stream as a complete answer; null = nothing ends it but its client.</summary>
    public Action? End { get; init; }

    /// <summary>Servers that are switched off in the session now.</summary>
    public IReadOnlyList<string> SwitchedOff { get; set; } = SwitchedOff;

    /// <summary>What was visible when it was last told.</summary>
    public (int Tools, int Prompts, int Resources) Seen { get; set; }

    /// <summary>The id of the request that asked for the changes; undefined in revisions with sessions.</summary>
    public JsonElement Subscription { get; init; }

    public bool HearsTools { get; init; } = true;

    public bool HearsPrompts { get; init; } = true;

    public bool HearsResources { get; init; } = true;

    /// <summary>False: it is being told already, and will be told once more.</summary>
    public bool TryBeginTelling()
    {
        lock (_lock)
        {
            _isToldAgain = _isTold;
            return !_isTold && (_isTold = true);
        }
    }

    /// <summary>True: something changed while it was told.</summary>
    public bool TellsAgain()
    {
        lock (_lock)
        {
            (_isTold, _isToldAgain) = (_isToldAgain, false);
            return _isTold;
        }
    }

    /// <summary>A notification that says which subscription it belongs to, where there are such.</summary>
    public ReadOnlyMemory<byte> Tag(string method, Action<Utf8JsonWriter>? write = null) => RpcWriter.Write(json =>
    {
        json.WriteStartObject();
        json.WriteString("jsonrpc", "2.0");
        json.WriteString("method", method);
        if (Subscription.ValueKind != JsonValueKind.Undefined)
        {
            json.WriteStartObject("params");
            write?.Invoke(json);
            json.WriteStartObject("_meta");
            json.Raw(MetaKeys.SubscriptionId, Subscription);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    });
}
