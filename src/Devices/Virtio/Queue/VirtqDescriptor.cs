using System.Runtime.InteropServices;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Queue;

/// <summary>One descriptor, copied out of the guest. Virtio 1.2, 2.7.5 (struct virtq_desc).</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct VirtqDescriptor
{
    public readonly ulong Address;
    public readonly uint Length;
    public readonly ushort Flags;
    public readonly ushort Next;

    /// <summary>Takes a descriptor apart that was read as two words, each once.</summary>
    public VirtqDescriptor(ulong low, ulong high) =>
        (Address, Length, Flags, Next) = (low, (uint)high, (ushort)(high >> 32), (ushort)(high >> 48));

    public bool HasNext => (Flags & SplitRingLayout.VIRTQ_DESC_F_NEXT) != 0;

    public bool IsWritable => (Flags & SplitRingLayout.VIRTQ_DESC_F_WRITE) != 0;

    public bool IsIndirect => (Flags & SplitRingLayout.VIRTQ_DESC_F_INDIRECT) != 0;
}
