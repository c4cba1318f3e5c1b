namespace Vmm.Migration.Protocol;

/// <summary>Pages in a row.</summary>
/// <param name="Offset">Of the first, in RAM.</param>
/// <param name="Length">In bytes.</param>
/// <param name="IsZero">Whether they are all zero.</param>
internal readonly record struct PageRun(ulong Offset, ulong Length, bool IsZero);
