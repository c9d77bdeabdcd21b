using System.Buffers;
using Grpc.Core;
using Grpc.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Grpc.AspNetCore.Server;

/// <content>
/// Sending. The handler and the deadline's timer may both want to end the call: <see cref="TryComplete"/> decides, and from then on
/// only the winner touches the response. Bytes are put into the response under the same lock, so none follows the end.
/// </content>
internal sealed partial class HttpContextServerCallContext
{
    private readonly Lock _gate = new();
    private Task? _starting;
    private bool _complete;

    public bool IsComplete
    {
        get
        {
            lock (_gate)
            {
                return _complete;
            }
        }
    }

    /// <summary>Claims the right to end the call. True once.</summary>
    public bool TryComplete()
    {
        lock (_gate)
        {
            if (_complete)
            {
                return false;
            }

            _complete = true;
            return true;
        }
    }

    /// <summary>Puts a framed message into the response. False: the call has ended and nothing was written.</summary>
    public async ValueTask<bool> TryWriteAsync(FrameWriter message)
    {
        // Started before the first byte, so that the status goes into the trailers and not into the headers.
        var starting = BeginResponse();
        if (starting is null)
        {
            return false;
        }

        await starting;
        lock (_gate)
        {
            if (_complete)
            {
                return false;
            }

            HttpContext.Response.BodyWriter.Write(message.Frame.Span);
            return true;
        }
    }

    /// <summary>Adds status and trailers to whatever comes next on the wire. Only for whoever won <see cref="TryComplete"/>.</summary>
    public async ValueTask SetTrailersAsync(Status status)
    {
        if (_starting is { IsCompletedSuccessfully: false } starting)
        {
            await starting;
        }

        // Not started: HEADERS with END_STREAM is the whole answer ("Trailers-Only").
        var destination = !HttpContext.Response.HasStarted
            ? HttpContext.Response.Headers
            : HttpContext.Features.Get<IHttpResponseTrailersFeature>() is { Trailers.IsReadOnly: false } feature
                ? feature.Trailers
                : throw new InvalidOperationException("Trailers are not supported for this response.");
        if (_responseTrailers is not null)
        {
            foreach (var entry in _responseTrailers)
            {
                if (!MetadataCodec.IsProtocolHeader(entry.Key))
                {
                    destination.Append(entry.Key, MetadataCodec.Encode(entry));
                }
            }
        }

        destination[StatusHeader.Name] = StatusHeader.Encode(status.StatusCode);
        if (status.Detail.Length > 0)
        {
            destination[StatusMessage.Header] = StatusMessage.Encode(status.Detail);
        }
    }

    /// <summary>Ends the call for the handler's side; if the deadline was first, waits until it has ended the response.</summary>
    /// <returns>The status that the call really ended with.</returns>
    public async ValueTask<StatusCode> EndAsync(Status status)
    {
        if (TryComplete())
        {
            _deadline?.Dispose();
            await SetTrailersAsync(status);
            return status.StatusCode;
        }

        await _deadline!.Expired;
        _deadline.Dispose();
        return StatusCode.DeadlineExceeded;
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        Task starting;
        lock (_gate)
        {
            if (_starting is not null || _complete)
            {
                throw new InvalidOperationException("Response headers can only be sent once per call.");
            }

            foreach (var entry in responseHeaders)
            {
                if (!MetadataCodec.IsProtocolHeader(entry.Key))
                {
                    HttpContext.Response.Headers.Append(entry.Key, MetadataCodec.Encode(entry));
                }
            }

            starting = _starting = HttpContext.Response.StartAsync();
        }

        await starting;
        await HttpContext.Response.BodyWriter.FlushAsync(HttpContext.RequestAborted);
    }

    private Task? BeginResponse()
    {
        lock (_gate)
        {
            return _complete ? null : _starting ??= HttpContext.Response.StartAsync();
        }
    }
}
