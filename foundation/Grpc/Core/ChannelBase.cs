namespace Grpc.Core;

/// <summary>Something that calls can be made over.</summary>
public abstract class ChannelBase
{
    protected ChannelBase(string target)
    {
        ArgumentNullException.ThrowIfNull(target);
        Target = target;
    }

    /// <summary>What the channel leads to.</summary>
    public string Target { get; }

    public abstract CallInvoker CreateCallInvoker();
}
