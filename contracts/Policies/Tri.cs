namespace ManagedOAuth.Contracts.Policies;

/// <summary>Kleene's three truth values: a rule about facts that are not known here is neither true nor false.</summary>
internal enum Tri
{
    False = 0,
    Unknown = 1,
    True = 2,
}

internal static class TriLogic
{
    internal static Tri Of(bool value) => value ? Tri.True : Tri.False;

    internal static Tri And(this Tri left, Tri right) => left < right ? left : right;

    internal static Tri Not(this Tri value) => (Tri)(2 - (int)value);
}
