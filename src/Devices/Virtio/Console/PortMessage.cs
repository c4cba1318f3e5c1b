using System.Buffers.Binary;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Console;

/// <summary>A control message. Virtio 1.2, 5.3.6.2.</summary>
/// <param name="Port">The port that it is about.</param>
/// <param name="Event">What it says; 0, which only the driver sends, stands for no message here.</param>
/// <param name="Value">More of it.</param>
internal readonly record struct PortMessage(int Port, ushort Event, ushort Value)
{
    /// <summary>What follows the header; null for most.</summary>
    public byte[]? Name { get; init; }

    /// <summary>Its length as it is sent.</summary>
    public int Length => ConsoleControl.HeaderSize + (Name?.Length ?? 0);

    /// <summary>Writes its header.</summary>
    public void WriteHeader(Span<byte> header)
    {
        BinaryPrimitives.WriteInt32LittleEndian(header[ConsoleControl.Id..], Port);
        BinaryPrimitives.WriteUInt16LittleEndian(header[ConsoleControl.Event..], Event);
        BinaryPrimitives.WriteUInt16LittleEndian(header[ConsoleControl.Value..], Value);
    }
}
