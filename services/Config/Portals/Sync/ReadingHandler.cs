using System.Net;

namespace ManagedOAuth.Config.Portals.Sync;

/// <summary>Sees all requests of one reading: sends them to the server alone, bounds the bytes that it may answer, and remembers the status of its last answer.</summary>
internal sealed class ReadingHandler(Uri server, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    private const long MostBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan s_goodbye = TimeSpan.FromSeconds(2);

    private long _left = MostBytes;

    /// <summary>HTTP status of the last answer; null before the first.</summary>
    public HttpStatusCode? LastStatus { get; private set; }

    /// <summary>The server answered more than it may.</summary>
    public bool IsTooLong => _left < 0;

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        // A server of the older transport names where messages go, and they carry what it is shown.
        if (Uri.Compare(request.RequestUri, server, UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) != 0)
        {
            throw new HttpRequestException("it names an address that is not its own");
        }

        if (request.Method == HttpMethod.Delete)
        {
            return await SayGoodbyeAsync(request, cancellationToken);
        }

        LastStatus = null;
        var response = await base.SendAsync(request, cancellationToken);
        LastStatus = response.StatusCode;
        var bounded = new StreamContent(new BoundedStream(await response.Content.ReadAsStreamAsync(cancellationToken), this));
        foreach (var (name, values) in response.Content.Headers.NonValidated)
        {
            bounded.Headers.TryAddWithoutValidation(name, (IEnumerable<string>)values);
        }

        response.Content = bounded;
        return response;
    }

    // The library ends its session when everything has been read, and would wait for the answer for ever. What the server says to it matters to nobody.
    private async Task<HttpResponseMessage> SayGoodbyeAsync(HttpRequestMessage request, CancellationToken ct)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(ct);
        patience.CancelAfter(s_goodbye);
        try
        {
            using var answer = await base.SendAsync(request, patience.Token);
            return new HttpResponseMessage(answer.StatusCode) { RequestMessage = request };
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return new HttpResponseMessage(HttpStatusCode.RequestTimeout) { RequestMessage = request };
        }
    }

    // The connections are shared by all readings: what is inside stays open.
    protected override void Dispose(bool disposing) => base.Dispose(disposing: false);

    private sealed class BoundedStream(Stream inner, ReadingHandler reading) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Counted(inner.Read(buffer, offset, count));

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => Counted(await inner.ReadAsync(buffer, cancellationToken));

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                inner.Dispose();
            }

            base.Dispose(disposing);
        }

        private int Counted(int read)
        {
            if (Interlocked.Add(ref reading._left, -read) < 0)
            {
                throw new IOException("The server answers more than it may.");
            }

            return read;
        }
    }
}
