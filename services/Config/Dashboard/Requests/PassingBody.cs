using Microsoft.AspNetCore.Http.Features;

namespace ManagedOAuth.Config.Dashboard.Requests;

/// <summary>
/// The body of an answer of the admin API on its way into the page's own answer: what succeeds goes through as it is written, with the headers that say
/// what it is; what is refused is kept, for a page that says why.
/// </summary>
/// <param name="inner">The answer of the API.</param>
/// <param name="target">The page's own.</param>
internal sealed class PassingBody(HttpResponseFeature inner, HttpResponse target) : Stream
{
    private static readonly string[] s_headers = ["Content-Type", "Content-Disposition", Transfer.TransferPosition.Header, Transfer.ExportEndpoint.ObjectsHeader];
    private readonly MemoryStream _refusal = new();

    /// <summary>Whether anything has gone through.</summary>
    public bool HasPassed { get; private set; }

    /// <summary>What was refused, so far.</summary>
    public ReadOnlySpan<byte> Refusal => _refusal.GetBuffer().AsSpan(0, (int)_refusal.Length);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (inner.StatusCode is < 200 or >= 300)
        {
            _refusal.Write(buffer.Span);
            return;
        }

        if (!HasPassed)
        {
            foreach (var name in s_headers.Where(inner.Headers.ContainsKey))
            {
                target.Headers[name] = inner.Headers[name];
            }

            HasPassed = true;
        }

        await target.Body.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => HasPassed ? target.Body.FlushAsync(cancellationToken) : Task.CompletedTask;

    // Whoever writes here does so without waiting in a thread.
    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _refusal.Dispose();
        base.Dispose(disposing);
    }
}
