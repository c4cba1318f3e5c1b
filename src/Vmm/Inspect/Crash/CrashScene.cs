using Vmm.Kvm.State;
using Vmm.Machine;

namespace Vmm.Inspect.Crash;

/// <summary>A vCPU that cannot go on, and the memory that it sees.</summary>
/// <param name="Kind">How it ended.</param>
/// <param name="General">Its general registers.</param>
/// <param name="System">Its system registers.</param>
/// <param name="Memory">Memory by its page tables.</param>
/// <param name="Read">Guest-physical memory.</param>
/// <param name="CanRunKernels">Whether the host's processor runs a guest's kernel-mode code itself; else KVM emulates it.</param>
internal sealed record CrashScene(OutcomeKind Kind, GeneralRegisters General, SystemRegisters System, LinearMemory Memory, ReadMemory Read, bool CanRunKernels)
{
    /// <summary>The linear address of the instruction.</summary>
    public ulong CodeAddress => ProcessorMode.CodeAddress(General, System);

    /// <summary>The width of its code.</summary>
    public int CodeBits => ProcessorMode.CodeBits(System);

    /// <summary>Whether a linear address leads to RAM.</summary>
    public bool LeadsToRam(ulong linear) => Memory.TryRead(linear, stackalloc byte[1]);
}
