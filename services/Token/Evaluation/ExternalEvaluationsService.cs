using System.Net;
using Grpc.Core;
using ManagedOAuth.Contracts.Token;
using ManagedOAuth.ServiceDefaults.ServiceIdentity;
using ManagedOAuth.Token.Configuration;

namespace ManagedOAuth.Token.Evaluation;

/// <summary>External evaluations at a login, for authorization-server.</summary>
[AllowedCallers("authorization-server")]
public sealed class ExternalEvaluationsService(ExternalEvaluations evaluations, ConfigurationSource configuration) : Contracts.Token.ExternalEvaluations.ExternalEvaluationsBase
{
    public override async Task<EvaluateReply> Evaluate(EvaluateRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var snapshot = configuration.Current.Snapshot;
        if (!snapshot.Applications.TryGetValue(Identities.Id(request.ApplicationId, "application_id"), out var application))
        {
            throw new RpcException(new Status(StatusCode.Unavailable, "the application is not known here yet"));
        }

        var address = IPAddress.TryParse(request.ClientAddress, out var parsed) ? parsed : throw Identities.Invalid("client_address is no address");
        var identity = await evaluations.AskAsync(snapshot, application, Identities.From(request.Identity), address, context.CancellationToken);
        var reply = new EvaluateReply();
        foreach (var (key, success) in identity.Evaluations ?? new Dictionary<string, bool>())
        {
            reply.Evaluations.Add(new Contracts.Token.Evaluation { Key = key, Success = success });
        }

        return reply;
    }
}
