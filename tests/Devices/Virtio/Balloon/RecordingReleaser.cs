using System.Runtime.InteropServices;
using Vmm.Devices.Backends;
using Vmm.Guest.Memory;

namespace Vmm.Tests.Devices.Virtio.Balloon;

/// <summary>Keeps what was given back, as guest addresses; refuses nothing unless told to.</summary>
public sealed unsafe class RecordingReleaser : IMemoryReleaser
{
    public ulong Granularity { get; init; } = 4096;

    /// <summary>Finds the guest address of what is given back, and holds it against RAM.</summary>
    public GuestMemory? Memory { get; set; }

    public bool Refuses { get; set; }

    public bool IsRecording { get; set; } = true;

    public List<(ulong Start, ulong Length)> Released { get; } = [];

    public long Calls { get; private set; }

    /// <summary>Called within each release.</summary>
    public Action? OnRelease { get; set; }

    public bool Release(nint address, ulong length)
    {
        Calls++;
        OnRelease?.Invoke();
        ulong start = GuestAddressOf(address, length);
        if (Refuses)
            return false;
        if (IsRecording)
            Released.Add((start, length));
        NativeMemory.Clear((void*)address, (nuint)length);
        return true;
    }

    private ulong GuestAddressOf(nint address, ulong length)
    {
        foreach (ref readonly MemoryRegion region in Memory!.Regions)
        {
            ulong offset = (ulong)(address - region.HostBase);
            if (address >= region.HostBase && offset < region.Size && length <= region.Size - offset && length > 0)
                return region.Start.Value + offset;
        }
        throw new InvalidOperationException("what is given back is not RAM");
    }
}
