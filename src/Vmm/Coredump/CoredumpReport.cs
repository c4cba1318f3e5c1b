namespace Vmm.Coredump;

/// <summary>What was written.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Vcpus">How many vCPUs' registers it has.</param>
/// <param name="MemoryBytes">The guest's RAM.</param>
/// <param name="WrittenBytes">How much of it was written: zeros are holes.</param>
/// <param name="HasVmcoreInfo">Whether the guest's kernel told of itself.</param>
/// <param name="Milliseconds">How long it took. A running guest is held that long.</param>
internal sealed record CoredumpReport(string Path, int Vcpus, ulong MemoryBytes, ulong WrittenBytes, bool HasVmcoreInfo, double Milliseconds);
