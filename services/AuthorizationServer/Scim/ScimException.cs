namespace ManagedOAuth.AuthorizationServer.Scim;

/// <summary>A refusal in SCIM's form (RFC 7644 §3.12). Thrown while a request is read and decided; the endpoint answers with it.</summary>
/// <param name="status">HTTP status.</param>
/// <param name="scimType">The keyword of RFC 7644 table 9; null where it has none.</param>
/// <param name="detail">For whoever set up the provider.</param>
public sealed class ScimException(int status, string? scimType, string detail) : Exception(detail)
{
    public int Status { get; } = status;

    public string? ScimType { get; } = scimType;

    public static ScimException Invalid(string scimType, string detail) => new(StatusCodes.Status400BadRequest, scimType, detail);

    public static ScimException NotFound(string resource) => new(StatusCodes.Status404NotFound, null, $"There is no such {resource}.");

    public static ScimException Taken(string detail) => new(StatusCodes.Status409Conflict, "uniqueness", detail);

    public static ScimException Changed() => new(StatusCodes.Status412PreconditionFailed, null, "The resource has changed since it was read. Read it again and repeat the change.");

    public static ScimException TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, null, detail);
}
