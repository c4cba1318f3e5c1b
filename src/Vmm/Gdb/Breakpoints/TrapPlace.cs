using Iced.Intel;
using Vmm.Guest.Cpu;
using Vmm.Guest.Cpu.Paging;
using Vmm.Guest.Memory;
using Vmm.Inspect;
using Vmm.Kvm.State;
using GeneralRegisters = Vmm.Kvm.State.GeneralRegisters;

namespace Vmm.Gdb.Breakpoints;

/// <summary>Where a breakpoint's instruction may be put, so that it does nothing but leave the guest.</summary>
internal static class TrapPlace
{
    /// <summary>
    /// Whether it may. An int3 may be anywhere where there may be code. A longer one only over an instruction that is as long, or whoever goes on at the next one would
    /// land within it; and a port read only where the kernel's code is: a program gets #GP for it, and its page may be one of many programs.
    /// A page that programs can reach is the kernel's where that is what runs and no SMEP keeps it out: so it is in tiny guests.
    /// </summary>
    /// <param name="trap">What is put there.</param>
    /// <param name="general">The registers of the vCPU whose code it is.</param>
    /// <param name="system">Its mode.</param>
    /// <param name="page">Where the address leads.</param>
    /// <param name="code">What is there, as far as it can be read: an instruction and more.</param>
    public static bool Fits(BreakpointTrap trap, GeneralRegisters general, SystemRegisters system, PageWalkResult page, byte[] code)
    {
        // What the processor executes nowhere is data: it would be changed, and nothing would ever stop.
        if (page.IsNoExecute)
            return false;
        if (trap.Code.Length == 1)
            return true;
        bool isKernels = ProcessorMode.PrivilegeLevel(general, system) == 0 && (system.Cr4 & ControlRegisters.Cr4SupervisorExecutionPrevention) == 0;
        // Without paging there is no page that is a program's.
        if (!page.IsMapped || (page.Mode != PagingMode.None && page.IsUser && !isKernels))
            return false;
        if (page.Linear % MemoryLayout.PageSize + (ulong)trap.Code.Length > MemoryLayout.PageSize)
            return false;
        Decoder.Create(ProcessorMode.CodeBits(system), new ByteArrayCodeReader(code)).Decode(out Instruction there);
        return !there.IsInvalid && there.Length >= trap.Code.Length;
    }
}
