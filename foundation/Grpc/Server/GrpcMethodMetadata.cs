using Grpc.Core;

namespace Grpc.AspNetCore.Server;

/// <summary>
/// On the endpoint of each mapped method. The attributes of the service class and then those of the implementing method
/// follow it in the endpoint's metadata, so the method's attribute is the one that <c>GetMetadata</c> finds.
/// </summary>
public sealed class GrpcMethodMetadata
{
    public GrpcMethodMetadata(Type serviceType, IMethod method)
    {
        ArgumentNullException.ThrowIfNull(serviceType);
        ArgumentNullException.ThrowIfNull(method);
        ServiceType = serviceType;
        Method = method;
    }

    /// <summary>The class given to <c>MapGrpcService</c>.</summary>
    public Type ServiceType { get; }

    public IMethod Method { get; }

    public override string ToString() => $"gRPC {Method.FullName} of {ServiceType}";
}
