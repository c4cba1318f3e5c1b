namespace Vmm.Devices.Backends;

/// <summary>A part of the disk that is discarded or zeroed.</summary>
/// <param name="Offset">The first byte on the disk.</param>
/// <param name="Length">Bytes.</param>
/// <param name="MayUnmap">For zeroes: storage may be given back, as long as the range reads as zeros.</param>
public readonly record struct BlockRange(ulong Offset, ulong Length, bool MayUnmap);
