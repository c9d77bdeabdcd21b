namespace Grpc.Core;

/// <summary>Result of a call as it stands in <c>grpc-status</c> (gRPC status codes, numbered 0 to 16).</summary>
public enum StatusCode
{
    OK = 0,
    /// <summary>The caller gave the call up.</summary>
    Cancelled = 1,
    /// <summary>An error without a code: typically an exception that the handler did not expect.</summary>
    Unknown = 2,
    InvalidArgument = 3,
    /// <summary>The deadline passed; the work may or may not have been done.</summary>
    DeadlineExceeded = 4,
    NotFound = 5,
    AlreadyExists = 6,
    /// <summary>The caller is known and may not do this. An unknown caller is <see cref="Unauthenticated"/>.</summary>
    PermissionDenied = 7,
    ResourceExhausted = 8,
    FailedPrecondition = 9,
    Aborted = 10,
    OutOfRange = 11,
    Unimplemented = 12,
    Internal = 13,
    /// <summary>The server could not be reached or is going away; trying again later may work.</summary>
    Unavailable = 14,
    DataLoss = 15,
    Unauthenticated = 16,
}
