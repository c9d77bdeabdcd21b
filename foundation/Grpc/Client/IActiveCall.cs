namespace Grpc.Net.Client;

/// <summary>A call that its channel can cancel.</summary>
internal interface IActiveCall : IDisposable;
