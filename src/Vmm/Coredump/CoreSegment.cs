namespace Vmm.Coredump;

/// <summary>A range of memory as a core file's program header has it.</summary>
/// <param name="Offset">Where it is in the file, from the first byte of memory.</param>
/// <param name="Virtual">Where the guest's kernel has it.</param>
/// <param name="Physical">Its guest-physical address.</param>
/// <param name="Size">Bytes.</param>
internal readonly record struct CoreSegment(ulong Offset, ulong Virtual, ulong Physical, ulong Size);
