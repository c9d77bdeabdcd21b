using System.Net;
using Grpc.Net.Client.Balancing;
using Grpc.Wire;

namespace Grpc.Net.Client;

/// <content>Sending the request, to another replica if one could not be reached.</content>
internal sealed partial class GrpcCall<TRequest, TResponse>
{
    private const string UserAgent = "grpc-dotnet-stand-in/1.0";

    private static readonly Task<bool> s_ended = Task.FromResult(false);

    /// <summary>Sends a single message. True: messages follow; false: the call has ended. Never fails.</summary>
    public Task<bool> OpenAsync(TRequest request)
    {
        SingleRequestContent content;
        try
        {
            content = new SingleRequestContent(FrameWriter.Serialize(_method.RequestMarshaller, request, _channel.MaxSendMessageSize));
        }
        catch (Exception e)
        {
            // A message that cannot be serialized fails its call, not the caller of the stub.
            Fail(e);
            return s_ended;
        }

        return OpenAsync(content);
    }

    /// <summary>Sends a request; the result is as above.</summary>
    public async Task<bool> OpenAsync(RequestContent content)
    {
        try
        {
            if (!Begin())
            {
                return false;
            }

            List<Replica>? tried = null;
            HttpResponseMessage? response = null;
            while (response is null)
            {
                var replica = _channel.Replicas.Next(tried);
                try
                {
                    response = await _channel.Invoker.SendAsync(CreateRequest(replica, content), _abort.Token).ConfigureAwait(false);
                    replica.Answered();
                }
                catch (Exception e) when (!_abort.IsCancellationRequested && !content.Started && TransportErrors.NeverReachedServer(e))
                {
                    // No server has seen the call, so another one may have it (gRPC's transparent retry).
                    _channel.Replicas.Unreachable(replica, e);
                    (tried ??= []).Add(replica);
                    if (!_channel.Replicas.HasOtherThan(tried))
                    {
                        throw;
                    }
                }
            }

            Volatile.Write(ref _response, response);
            if (Outcome is not null)
            {
                // Ended while the response was on its way: nobody else knows of it.
                response.Dispose();
                return false;
            }

            return TryAccept(response) && await OpenBodyAsync(response).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // Every failure of the send becomes the outcome of the call, which is where its readers look.
            Fail(e);
            return false;
        }
        finally
        {
            content.Release();
        }
    }

    /// <summary>Starts what may end the call from outside. False: it has already done so.</summary>
    private bool Begin()
    {
        if (_options.CancellationToken.CanBeCanceled)
        {
            _callerCancels = _options.CancellationToken.UnsafeRegister(static call => ((GrpcCall<TRequest, TResponse>)call!).CancelByCaller(), this);
        }

        StartDeadline();
        if (Outcome is null)
        {
            return true;
        }

        _callerCancels.Unregister();
        return false;
    }

    private HttpRequestMessage CreateRequest(Replica replica, RequestContent content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, replica.UriOf(_method.FullName))
        {
            // Without TLS there is nothing to negotiate with: HTTP/2 by prior knowledge.
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = content,
        };
        var headers = request.Headers;
        headers.TryAddWithoutValidation("User-Agent", UserAgent);
        headers.TryAddWithoutValidation("TE", "trailers");
        headers.TryAddWithoutValidation(Encodings.AcceptHeader, Encodings.Identity);
        if (_options.Headers is { } metadata)
        {
            foreach (var entry in metadata)
            {
                if (!MetadataCodec.IsProtocolHeader(entry.Key))
                {
                    headers.TryAddWithoutValidation(entry.Key, MetadataCodec.Encode(entry));
                }
            }
        }

        if (_deadline != DateTime.MaxValue)
        {
            headers.TryAddWithoutValidation(GrpcTimeout.Header, GrpcTimeout.Encode(TimeLeft));
        }

        return request;
    }
}
