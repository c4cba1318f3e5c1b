namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>Where CPUID tells of a feature.</summary>
/// <param name="Name">Its name, in the spelling of Linux's /proc/cpuinfo where that has one.</param>
/// <param name="Function">Leaf.</param>
/// <param name="Index">Sub-leaf.</param>
/// <param name="Register">Register.</param>
/// <param name="Bit">Bit in it.</param>
public readonly record struct CpuFeatureBit(string Name, uint Function, uint Index, CpuidRegister Register, int Bit);
