using System.Security.Cryptography;
using System.Text;
using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.DryRuns;
using Marten;

namespace ManagedOAuth.Config.Idempotency;

/// <summary>
/// <c>Idempotency-Key</c> on a write: the same key and request give the first answer again for a day, another request with it is refused (422), and one
/// that is still under way too (409). Only what was done is kept: a refused request may be repeated with the same key.
/// </summary>
public sealed class IdempotencyFilter(IDocumentStore store, TimeProvider clock) : IEndpointFilter
{
    private const string Header = "Idempotency-Key";
    private const int LongestKey = 255;

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(next);
        var http = context.HttpContext;
        var keys = http.Request.Headers[Header];
        if (keys.Count == 0 || HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method) || DryRun.IsAsked(http.Request))
        {
            return await next(context);
        }

        if (keys.Count > 1 || keys[0] is not { Length: > 0 and <= LongestKey } key || key.Any(c => c is < ' ' or > '~'))
        {
            return ApiEnvelope.Error(StatusCodes.Status400BadRequest, ApiErrors.InvalidRequest($"{Header} is one value of 1 to {LongestKey} printable ASCII characters"));
        }

        var ct = http.RequestAborted;
        if (await RequestHashAsync(http.Request, ct) is not { } request)
        {
            return ApiEnvelope.Error(
                StatusCodes.Status413PayloadTooLarge,
                ApiErrors.InvalidRequest($"with {Header} a body has at most {JsonBody.MaximumLength} bytes; apply a longer file without it, which may be repeated: what is so already stays as it is"));
        }

        var scope = new IdempotencyScope(Hash($"{ApiCaller.Of(http)!.Key}\n{key}"), request, clock);
        try
        {
            return await AnswerAsync(scope, context, next, ct);
        }
        catch (AnsweredBeforeException before)
        {
            return scope.Repeat(before.Answer);
        }
    }

    private async Task<object?> AnswerAsync(IdempotencyScope scope, EndpointFilterInvocationContext context, EndpointFilterDelegate next, CancellationToken ct)
    {
        await using var session = store.LightweightSession();
        if (await scope.FindAsync(session, ct) is { } known)
        {
            return scope.Repeat(known);
        }

        if (!await scope.ReserveAsync(store, ct))
        {
            return await scope.FindAsync(session, ct) is { } meanwhile
                ? scope.Repeat(meanwhile)
                : ApiEnvelope.Error(StatusCodes.Status409Conflict, ApiErrors.InUse($"the first request with this {Header} is still under way; repeat this one in a moment"));
        }

        var succeeded = false;
        try
        {
            scope.Enter(context.HttpContext);
            var answer = await next(context);
            succeeded = answer is EnvelopeResult { Success: true };

            // What another service did, or what changes no configuration, is kept here as soon as it is known, also when the caller has gone. A process
            // that breaks off in between lets the request be done once more, which those routes (ending grants, a new signing key, reading a server) can bear.
            if (succeeded && !scope.Saved)
            {
                scope.Save(session, (EnvelopeResult)answer!, null);
                await session.SaveChangesAsync(CancellationToken.None);
            }

            return answer;
        }
        finally
        {
            if (!succeeded)
            {
                await scope.ReleaseAsync(store, CancellationToken.None);
            }
        }
    }

    // Null where the body is too long. It stays in memory: a longer one would be written to a file, with the secrets that it may hold.
    private static async Task<string?> RequestHashAsync(HttpRequest request, CancellationToken ct)
    {
        if (request.ContentLength > JsonBody.MaximumLength)
        {
            return null;
        }

        var buffer = new byte[16 * 1024];
        request.EnableBuffering(JsonBody.MaximumLength + buffer.Length);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{request.Method}\n{request.Path}\n{request.QueryString}\n"));
        int read;
        for (var length = 0; (read = await request.Body.ReadAsync(buffer, ct)) > 0;)
        {
            length += read;
            if (length > JsonBody.MaximumLength)
            {
                return null;
            }

            hash.AppendData(buffer.AsSpan(0, read));
        }

        request.Body.Position = 0;
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
