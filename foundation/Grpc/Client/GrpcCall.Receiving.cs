using System.Net.Http.Headers;
using Grpc.Core;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <content>Receiving headers, messages and the status.</content>
internal sealed partial class GrpcCall<TRequest, TResponse>
{
    private ResponseMessageReader? _reader;
    private bool _received;
    private HttpResponseHeaders? _responseHeaders;
    private TaskCompletionSource<Metadata>? _headers;

    /// <summary>Made when first asked for: most callers never do.</summary>
    public Task<Metadata> ResponseHeadersAsync
    {
        get
        {
            lock (_gate)
            {
                if (_headers is null)
                {
                    _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
                    AnswerHeaders();
                }

                return _headers.Task;
            }
        }
    }

    /// <summary>The response of a unary or client streaming call.</summary>
    public async Task<TResponse> SingleResponseAsync(Task<bool> opening)
    {
        if (await opening.ConfigureAwait(false))
        {
            try
            {
                var response = await ReadMessageAsync(idle: false).ConfigureAwait(false);
                if (response is not null && await ReadMessageAsync(idle: false).ConfigureAwait(false) is not null)
                {
                    throw new RpcException(new Status(StatusCode.Internal, "Unexpected data after finished reading message."));
                }

                if (Outcome is { Status.StatusCode: StatusCode.OK })
                {
                    return response!;
                }
            }
            catch (Exception e)
            {
                // Every error of the transport or the deserializer becomes the status of the call.
                throw Fail(e);
            }
        }

        throw OutcomeException();
    }

    /// <summary>The next message of a stream; null at its end, which has then been recorded.</summary>
    public async ValueTask<TResponse?> ReadMessageAsync(bool idle)
    {
        var reader = _reader!;
        if (await reader.FillAsync(waitIdle: idle, _abort.Token).ConfigureAwait(false))
        {
            var message = _method.ResponseMarshaller.ContextualDeserializer(new Payload(reader.Payload));
            reader.Advance();
            _received = true;
            return message;
        }

        if (Volatile.Read(ref _response) is { } response)
        {
            End(ResponseStatus.FromTrailers(response, out var trailers), trailers);
        }

        return null;
    }

    /// <summary>Throws what the call ended with, if it has ended other than by OK.</summary>
    public void ThrowUnlessOk()
    {
        if (Outcome is { Status.StatusCode: not StatusCode.OK })
        {
            throw OutcomeException();
        }
    }

    /// <summary>False: the headers are the whole answer, and its status is recorded.</summary>
    private bool TryAccept(HttpResponseMessage response)
    {
        if (ResponseStatus.FromHeaders(response, out var trailers) is { } status)
        {
            lock (_gate)
            {
                _responseHeaders = response.Headers;
            }

            End(status, trailers);
            return false;
        }

        lock (_gate)
        {
            _responseHeaders = response.Headers;
            AnswerHeaders();
        }

        return true;
    }

    private async ValueTask<bool> OpenBodyAsync(HttpResponseMessage response)
    {
        var stream = await response.Content.ReadAsStreamAsync(_abort.Token).ConfigureAwait(false);
        _reader = new ResponseMessageReader(stream, _channel.MaxReceiveMessageSize);
        return true;
    }

    /// <summary>Ends the call by the server's word, unless it says OK and owes the one response.</summary>
    private void End(Status status, Metadata trailers)
    {
        if (status.StatusCode == StatusCode.OK && !_received && _method.Type is (MethodType.Unary or MethodType.ClientStreaming))
        {
            status = new Status(StatusCode.Internal, "Failed to deserialize response message.");
        }

        TryEnd(status, trailers);

        // After a final status nothing more is of interest: a request stream that is still open is reset.
        Interlocked.Exchange(ref _response, null)?.Dispose();
        if (_method.Type is MethodType.ClientStreaming or MethodType.DuplexStreaming)
        {
            _abort.Cancel();
        }
    }

    private void EndHeaders()
    {
        lock (_gate)
        {
            AnswerHeaders();
        }
    }

    private void AnswerHeaders()
    {
        if (_headers is null)
        {
            return;
        }

        if (_responseHeaders is not null)
        {
            _headers.TrySetResult(ResponseStatus.ToMetadata(_responseHeaders));
        }
        else if (Outcome is not null && _headers.TrySetException(OutcomeException()))
        {
            // Observed: a caller that only looks at the response must not leave an unobserved exception behind.
            _ = _headers.Task.Exception;
        }
    }
}
