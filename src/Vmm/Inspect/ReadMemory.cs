namespace Vmm.Inspect;

/// <summary>Reads guest-physical memory of a machine that stands still.</summary>
/// <param name="address">Where.</param>
/// <param name="destination">Filled whole, or not at all.</param>
/// <returns>False when part of it is no RAM.</returns>
internal delegate bool ReadMemory(ulong address, Span<byte> destination);
