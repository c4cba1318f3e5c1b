using System.Buffers.Binary;
using Vmm.Devices.Bus;

namespace Vmm.Devices.Platform;

/// <summary>Ends a test guest with a status, by the convention of QEMU's isa-debug-exit: writing v gives 2·v + 1, so that no guest can claim a success it did not have.</summary>
public sealed class DebugExit(IPowerControl power) : IBusDevice
{
    /// <inheritdoc/>
    public string Name => "debug-exit";

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data) => data.Clear();

    /// <inheritdoc/>
    /// <remarks>One to four bytes; missing ones are 0.</remarks>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        Span<byte> value = stackalloc byte[sizeof(uint)];
        value.Clear();
        data[..Math.Min(data.Length, value.Length)].CopyTo(value);
        power.DebugExit(unchecked(BinaryPrimitives.ReadUInt32LittleEndian(value) << 1 | 1));
    }
}
