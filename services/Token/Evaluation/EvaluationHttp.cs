using ManagedOAuth.ServiceDefaults.Outbound;

namespace ManagedOAuth.Token.Evaluation;

/// <summary>Requests to the services that <c>external_evaluation</c> rules name: to the internet, and to networks that this installation names.</summary>
public sealed class EvaluationHttp(OutboundGuard guard) : OutboundHttp(guard, OutboundReach.Public);
