using System.Runtime.InteropServices;

namespace Vmm.Devices.Backends;

/// <summary>A run of host memory that a back end reads into or writes from. Laid out as the C library's <c>struct iovec</c>, so that a list of them goes to the kernel as it is.</summary>
/// <param name="Address">The first byte, in this process.</param>
/// <param name="Length">Bytes.</param>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct HostSegment(nint Address, nuint Length);
