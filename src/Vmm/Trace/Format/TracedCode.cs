namespace Vmm.Trace.Format;

/// <summary>The instruction that caused an exit.</summary>
/// <param name="Address">Its instruction pointer.</param>
/// <param name="Bits">16, 32 or 64: how it is to be read.</param>
/// <param name="Known">Whether this is the instruction itself. False: the one that the vCPU stood at, where the one before could not be told.</param>
/// <param name="Bytes">Its bytes; none when they are not in RAM.</param>
internal sealed record TracedCode(ulong Address, int Bits, bool Known, byte[] Bytes);
