using System.Buffers;

namespace Grpc.Core;

/// <summary>Where a serializer puts a message: one array, or announced length, buffer writer and <see cref="Complete()"/>.</summary>
public abstract class SerializationContext
{
    /// <summary>Hands over the whole message.</summary>
    public virtual void Complete(byte[] payload) => throw new NotImplementedException();

    /// <summary>Where to write the message piece by piece.</summary>
    public virtual IBufferWriter<byte> GetBufferWriter() => throw new NotImplementedException();

    /// <summary>Announces the length, in bytes, before the first one is written.</summary>
    public virtual void SetPayloadLength(int payloadLength) => throw new NotImplementedException();

    /// <summary>Says that everything has been written to the buffer writer.</summary>
    public virtual void Complete() => throw new NotImplementedException();
}
