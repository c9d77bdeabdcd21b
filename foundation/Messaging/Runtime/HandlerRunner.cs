using Marten;
using Microsoft.Extensions.DependencyInjection;
using Wolverine.Handlers;

namespace Wolverine.Runtime;

/// <summary>Runs all handlers of one message in one scope, one session and one transaction.</summary>
internal sealed class HandlerRunner(IServiceScopeFactory scopes)
{
    /// <summary>Runs and commits.</summary>
    /// <param name="chain">The handlers.</param>
    /// <param name="message">Their message.</param>
    /// <param name="envelope">The claimed row, which is completed in the same transaction; null for an inline call.</param>
    /// <param name="replyType">What an inline caller waits for.</param>
    /// <param name="ct">Cancels the attempt; nothing of it is then saved.</param>
    /// <returns>The reply, if a handler returned one.</returns>
    public async Task<object?> RunAsync(HandlerChain chain, object message, Envelope? envelope, Type? replyType, CancellationToken ct)
    {
        await using var scope = scopes.CreateAsyncScope();

        // The scope's own session, so that a service which is injected with it writes in this transaction too.
        var session = scope.ServiceProvider.GetRequiredService<IDocumentSession>();
        var context = scope.ServiceProvider.GetRequiredService<MessageContext>();
        context.Enroll(session, envelope);
        if (envelope is not null)
        {
            session.CausationId = envelope.Id.ToString();
            session.CorrelationId = envelope.CorrelationId ?? session.CorrelationId;
            session.LastModifiedBy = envelope.UserName ?? session.LastModifiedBy;
        }

        var frame = new HandlerFrame
        {
            Message = message,
            Context = context,
            Session = session,
            Services = scope.ServiceProvider,
            Cancellation = ct,
            ReplyType = replyType,
        };
        foreach (var handler in chain.Handlers)
        {
            await handler.RunAsync(frame);
        }

        await session.SaveChangesAsync(ct);
        return frame.Reply;
    }
}
