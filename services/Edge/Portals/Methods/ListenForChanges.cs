using System.Text.Json;
using ManagedOAuth.Edge.Portals.Limits;
using ManagedOAuth.Edge.Portals.Protocol;
using ManagedOAuth.Edge.Portals.Streams;
using ModelContextProtocol.Protocol;

namespace ManagedOAuth.Edge.Portals.Methods;

/// <summary>
/// <c>subscriptions/listen</c> (2026-07-28): a stream of the changes that the client asked for, for as long as it listens. What is granted is said first;
/// single resources are not.
/// </summary>
internal sealed class ListenForChanges(Listeners listeners, PortalLimits limits, IHostApplicationLifetime lifetime) : IPortalMethod
{
    public string Name => RequestMethods.SubscriptionsListen;

    public bool IsIn(string revision) => Revisions.IsStateless(revision);

    public async ValueTask<RpcAnswer> HandleAsync(PortalRequest request)
    {
        var limited = limits.TryListen(request.Principal, out var lease);
        using var held = lease;
        if (limited is not null)
        {
            return RpcAnswer.Failed(limited, PortalOutcomes.RateLimited);
        }

        var asked = RpcMessage.Member(request.Message.Params, "notifications");
        var listener = new Listener("", request.Door.Application.Id, request.Visitor, [], request.Stream)
        {
            Subscription = request.Message.Id,
            HearsTools = Asks("toolsListChanged"),
            HearsPrompts = Asks("promptsListChanged"),
            HearsResources = Asks("resourcesListChanged"),
        };
        using var registration = listeners.Add(listener);
        await request.Stream.SendAsync(listener.Tag("notifications/subscriptions/acknowledged", json =>
        {
            json.WriteStartObject("notifications");
            Grant(json, "toolsListChanged", listener.HearsTools);
            Grant(json, "promptsListChanged", listener.HearsPrompts);
            Grant(json, "resourcesListChanged", listener.HearsResources);
            json.WriteEndObject();
        }));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(request.Cancellation, lifetime.ApplicationStopping);
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (ended.Token.Register(() => over.TrySetResult()))
        {
            await over.Task;
        }

        return PortalResults.Of(request, isCacheable: false, static _ => { });

        bool Asks(string change) => RpcMessage.Member(asked, change).ValueKind == JsonValueKind.True;
    }

    private static void Grant(Utf8JsonWriter json, string change, bool isGranted)
    {
        if (isGranted)
        {
            json.WriteBoolean(change, true);
        }
    }
}
