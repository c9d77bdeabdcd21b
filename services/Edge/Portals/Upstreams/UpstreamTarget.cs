using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ManagedOAuth.Contracts.Durations;
using ManagedOAuth.Contracts.Portals;
using ManagedOAuth.Edge.Portals.Endpoint;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Sessions;

namespace ManagedOAuth.Edge.Portals.Upstreams;

/// <summary>A server as one principal asks it: where, how it is spoken to, and what it is shown.</summary>
internal sealed record UpstreamTarget
{
    private static readonly TimeSpan s_defaultTimeout = TimeSpan.FromSeconds(60);

    public required PortalServer Server { get; init; }

    /// <summary>What the server asks for and nobody else gets.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    /// <summary>Tells two credentials apart; empty = the server asks for none.</summary>
    public string CredentialId { get; init; } = "";

    /// <summary>Tells two logins apart, however often they are refreshed; empty = the headers are all that there is.</summary>
    public string LoginId { get; init; } = "";

    /// <summary>A signed assertion about who asks, for this server alone; null = the server does not get one.</summary>
    public string? Assertion { get; init; }

    /// <summary>The level of <c>logging/setLevel</c>, for a session that begins; null = the client never asked for one.</summary>
    public string? LogLevel { get; init; }

    /// <summary>
    /// What makes it another server, another way of speaking with it, or another account there: a session is never used with a target of another identity.
    /// Whatever else changes in the server's record leaves its sessions alone.
    /// </summary>
    public string Identity
    {
        get
        {
            var account = LoginId.Length > 0 ? LoginId : string.Join('\n', Headers.Select(header => $"{header.Name}: {header.Value}"));
            var text = $"{Server.Record.Hostname}\n{Server.Record.AuthType}\n{Server.Endpoint}\n{Server.Catalog?.ProtocolVersion}\n{Server.Record.SendAssertion}\n{account}";
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        }
    }

    /// <summary>Resources of the server whose changes the client wants to hear of, for a session that begins.</summary>
    public IReadOnlyList<string> Subscriptions { get; init; } = [];

    /// <summary>The same with what a client's session has chosen for sessions with servers that begin.</summary>
    public UpstreamTarget For(PortalSession? session) => session is null ? this : this with
    {
        LogLevel = session.LogLevel,
        Subscriptions = [.. session.Subscriptions.Where(subscription => subscription.ServerId == Server.ServerId).Select(subscription => subscription.Uri)],
    };

    /// <summary>The level at which the logs of this one request are wanted (2026-07-28); null = not at all.</summary>
    public string? RequestLogLevel { get; init; }

    /// <summary>Where it was found when it was read, else its address.</summary>
    public Uri Endpoint => Server.Endpoint?.Address ?? new(Server.Record.Hostname);

    /// <summary>It is spoken with by the older SSE transport: so it was found, or its address says so.</summary>
    public bool IsSse => (Server.Endpoint?.Transport ?? McpEndpoint.Candidates(Endpoint)[0].Transport) == McpTransport.Sse;

    /// <summary>Its address leaves it open which transport it is for: one may have come in the place of the other since it was read.</summary>
    public bool MayBeSse => McpEndpoint.Candidates(Endpoint).Any(candidate => candidate.Transport == McpTransport.Sse);

    /// <summary>How long the server may be silent.</summary>
    public TimeSpan Timeout
        => GoDuration.TryParse(Server.Record.RequestTimeout, out var timeout) && timeout >= TimeSpan.FromSeconds(1) && timeout <= TimeSpan.FromMinutes(10) ? timeout : s_defaultTimeout;
}

/// <summary>The client on whose behalf a server is asked, as it introduced itself.</summary>
/// <param name="Info"><c>clientInfo</c>; undefined when it said nothing.</param>
/// <param name="Capabilities"><c>capabilities</c>; undefined when it said nothing.</param>
internal readonly record struct UpstreamClient(JsonElement Info, JsonElement Capabilities)
{
    /// <summary>The same without the message that it came in, for longer than that is needed.</summary>
    public UpstreamClient Kept() => new(ClientIntroduction.Kept(Info) ?? default, ClientIntroduction.Kept(Capabilities) ?? default);

    /// <summary>Writes both members, each as it came.</summary>
    public void Write(Utf8JsonWriter json, string capabilities, string info)
    {
        json.WritePropertyName(capabilities);
        WriteOr(json, Capabilities, "{}"u8);
        json.WritePropertyName(info);
        WriteOr(json, Info, "{\"name\":\"ManagedOAuth portal\",\"version\":\"1\"}"u8);
    }

    private static void WriteOr(Utf8JsonWriter json, JsonElement value, ReadOnlySpan<byte> otherwise)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            json.Raw(value);
        }
        else
        {
            json.WriteRawValue(otherwise, skipInputValidation: true);
        }
    }
}
