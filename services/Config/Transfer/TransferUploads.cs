using ManagedOAuth.Config.Api;
using ManagedOAuth.Config.Objects;

namespace ManagedOAuth.Config.Transfer;

/// <summary>
/// Reads uploaded files, one at a time in this process: a file and what is read out of it take up to some four times its length in memory.
/// </summary>
public sealed class TransferUploads(TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private readonly WriterGate _gate = new(clock);

    /// <summary>Waits for the turn; dispose the result when the file is no longer needed.</summary>
    /// <exception cref="TimeoutException">Others did not finish within 20 seconds.</exception>
    public Task<IDisposable> EnterAsync(CancellationToken ct) => _gate.EnterAsync(ct);

    /// <summary>Reads the whole body, or gives the refusal to answer with. It has two minutes: nobody else's turn comes meanwhile.</summary>
    public async Task<(ReadOnlyMemory<byte> Json, IResult? Refusal)> ReadAsync(HttpRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (!request.HasJsonContentType())
        {
            return (default, ApiEnvelope.Error(StatusCodes.Status415UnsupportedMediaType, ApiErrors.InvalidRequest("the body is a file of an export with Content-Type application/json")));
        }

        try
        {
            using var json = new MemoryStream((int)Math.Min(request.ContentLength ?? 0, TransferFormat.MaximumLength));
            using var patience = new CancellationTokenSource(s_patience, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(ct, patience.Token);
            await request.Body.CopyToAsync(json, either.Token);
            return json.Length <= TransferFormat.MaximumLength
                ? (json.GetBuffer().AsMemory(0, (int)json.Length), null)
                : (default, TooLong(StatusCodes.Status413PayloadTooLarge));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return (default, ApiEnvelope.Error(StatusCodes.Status408RequestTimeout, ApiErrors.InvalidRequest($"the file did not arrive within {s_patience.TotalMinutes} minutes; apply some kinds at a time, or from nearer by")));
        }
        catch (BadHttpRequestException refused)
        {
            // Too large, or the client broke off: the server knows the status.
            return (default, TooLong(refused.StatusCode));
        }
    }

    public void Dispose() => _gate.Dispose();

    private static IResult TooLong(int status) => ApiEnvelope.Error(status, ApiErrors.InvalidRequest($"a file has at most {TransferFormat.MaximumLength} bytes; export and apply some kinds at a time"));
}
