using ManagedOAuth.Edge.Credentials;
using ManagedOAuth.Edge.Forwarding;

namespace ManagedOAuth.Edge.Pipeline;

/// <summary>The values of metric tags.</summary>
internal static class Names
{
    private static readonly string[] s_problems = Enum.GetNames<CredentialProblem>();
    private static readonly string[] s_kinds = Enum.GetNames<CredentialKind>();
    private static readonly string[] s_errors = Enum.GetNames<ForwarderError>();

    public static string Of(CredentialProblem problem) => s_problems[(int)problem];

    public static string Of(CredentialKind kind) => s_kinds[(int)kind];

    public static string Of(ForwarderError error) => s_errors[(int)error];
}
