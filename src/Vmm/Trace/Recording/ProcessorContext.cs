using Vmm.Kvm.Abi;

namespace Vmm.Trace.Recording;

/// <summary>A vCPU's registers at one moment, and how code is read by them.</summary>
internal sealed class ProcessorContext
{
    private kvm_regs _registers;
    private kvm_sregs _special;

    /// <summary>The general registers.</summary>
    public ref kvm_regs Registers => ref _registers;

    /// <summary>Segments and control registers.</summary>
    public ref kvm_sregs Special => ref _special;

    /// <summary>16, 32 or 64: how code is read.</summary>
    public int Bits => _special.cs.l != 0 ? 64 : _special.cs.db != 0 ? 32 : 16;

    /// <summary>The linear address of the instruction pointer.</summary>
    public ulong LinearPointer => _special.cs.l != 0 ? _registers.rip : _special.cs.@base + _registers.rip;
}
