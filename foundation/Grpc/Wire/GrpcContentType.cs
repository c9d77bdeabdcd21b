namespace Grpc.Wire;

/// <summary>Content types of gRPC: <c>application/grpc</c>, optionally with <c>+format</c> or parameters.</summary>
internal static class GrpcContentType
{
    public const string Value = "application/grpc";

    public static bool IsGrpc(string? contentType) =>
        contentType is not null
        && contentType.StartsWith(Value, StringComparison.OrdinalIgnoreCase)
        && (contentType.Length == Value.Length || contentType[Value.Length] is '+' or ';' or ' ');
}
