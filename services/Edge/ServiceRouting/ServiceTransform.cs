using System.Net;
using ManagedOAuth.Edge.Forwarding;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using Microsoft.Extensions.Primitives;

namespace ManagedOAuth.Edge.ServiceRouting;

/// <summary>What one of our services gets: the request, and what the edge vouches for, under the edge's credential.</summary>
internal sealed class ServiceTransform(string credential, Guid? applicationId, string publicOrigin, IPAddress client, EdgeUser? user = null) : IForwardTransform
{
    public StringValues? RequestHeader(string name, HeaderKind kind, StringValues value) => kind switch
    {
        HeaderKind.Identity or HeaderKind.Forwarding or HeaderKind.Host => (StringValues?)null,
        _ => value,
    };

    public void AddHeaders(HttpContext context, HttpRequestMessage request)
    {
        foreach (var (name, value) in EdgeRequestHeaders.Write(credential, applicationId, publicOrigin, client, user))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    public bool KeepsSetCookie(string setCookie) => true;
}
