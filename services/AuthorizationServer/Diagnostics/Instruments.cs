using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ManagedOAuth.AuthorizationServer.Diagnostics;

/// <summary>Metrics and traces of this service. Tags are of small, fixed sets: never a user, a client or anything that was sent.</summary>
public static class Instruments
{
    /// <summary>Name of the meter and of the trace source.</summary>
    public const string Name = "ManagedOAuth.AuthorizationServer";

    /// <summary>Traces.</summary>
    public static readonly ActivitySource Activities = new(Name);

    private static readonly Meter s_meter = new(Name);
    private static readonly Counter<long> s_registrations = s_meter.CreateCounter<long>("managedoauth.registrations", "{request}", "Registration requests by result: ok or the rule that refused.");
    private static readonly Counter<long> s_authorizations = s_meter.CreateCounter<long>("managedoauth.authorization_requests", "{request}", "Authorization requests by result: ok or the rule that refused.");
    private static readonly Counter<long> s_pins = s_meter.CreateCounter<long>("managedoauth.pins", "{pin}", "One-time PINs by what became of them.");
    private static readonly Counter<long> s_logins = s_meter.CreateCounter<long>("managedoauth.logins", "{login}", "Login steps by result.");
    private static readonly Counter<long> s_decisions = s_meter.CreateCounter<long>("managedoauth.admissions", "{decision}", "Policy and consent decisions by outcome.");

    /// <summary>A registration request came to this result.</summary>
    public static void Registered(string result) => s_registrations.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>An authorization request came to this result.</summary>
    public static void Authorized(string result) => s_authorizations.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>A PIN was mailed, withheld, dropped, ...</summary>
    public static void Pin(string result) => s_pins.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>A login step came to this result.</summary>
    public static void Login(string result) => s_logins.Add(1, new KeyValuePair<string, object?>("result", result));

    /// <summary>Somebody was let in or not.</summary>
    public static void Decided(string outcome) => s_decisions.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
