namespace Wolverine;

/// <summary>A message together with how it is to be delivered; what <c>DelayedFor</c> and <c>ScheduledAt</c> make.</summary>
public sealed record DeliveryMessage<T>(T Message, DeliveryOptions Options) : ISendMyself
    where T : notnull
{
    /// <inheritdoc />
    public ValueTask ApplyAsync(IMessageContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.PublishAsync(Message, Options);
    }
}
