namespace Wolverine;

/// <summary>A cascading return value that decides itself how it is sent.</summary>
public interface ISendMyself
{
    /// <summary>Publishes what this value stands for.</summary>
    ValueTask ApplyAsync(IMessageContext context);
}
