namespace Grpc.Wire;

/// <summary>Message encodings: only <c>identity</c>, that is none. A peer that compresses is told so.</summary>
internal static class Encodings
{
    public const string Identity = "identity";
    public const string Header = "grpc-encoding";
    public const string AcceptHeader = "grpc-accept-encoding";
}
