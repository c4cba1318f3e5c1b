namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>The processor that was asked for cannot be made on this host. The message is one line.</summary>
public sealed class CpuidException(string message) : Exception(message)
{
}
