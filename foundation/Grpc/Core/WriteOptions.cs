namespace Grpc.Core;

/// <summary>Hints for a single write.</summary>
[Flags]
public enum WriteFlags
{
    None = 0,

    /// <summary>Another message follows soon: this one need not be flushed.</summary>
    BufferHint = 1,

    /// <summary>Do not compress. Nothing is compressed here, so it changes nothing.</summary>
    NoCompress = 2,
}

/// <summary>Options of the writes on a stream.</summary>
public class WriteOptions(WriteFlags flags = default)
{
    public static readonly WriteOptions Default = new();

    public WriteFlags Flags { get; } = flags;
}
