using Vmm.Guest.Cpu;
using Vmm.Kvm.State;
using GeneralRegisters = Vmm.Kvm.State.GeneralRegisters;

namespace Vmm.Inspect;

/// <summary>In which mode a vCPU runs, from its registers (Intel SDM 3A, 2.2).</summary>
internal static class ProcessorMode
{
    private const ulong VirtualMode = 1UL << 17;

    /// <summary>Whether long mode is on, be it 64-bit code or compatibility mode.</summary>
    public static bool IsLong(SystemRegisters system) => (system.Efer & ControlRegisters.EferLongModeActive) != 0;

    /// <summary>Whether there is no protection yet.</summary>
    public static bool IsReal(SystemRegisters system) => (system.Cr0 & ControlRegisters.Cr0ProtectionEnable) == 0;

    /// <summary>Whether 16-bit code runs in the manner of an 8086, under protection.</summary>
    public static bool IsVirtual8086(GeneralRegisters general, SystemRegisters system) =>
        !IsReal(system) && !IsLong(system) && (general.Rflags & VirtualMode) != 0;

    /// <summary>The width of the code that runs: 16, 32 or 64 bits.</summary>
    public static int CodeBits(SystemRegisters system) => IsLong(system) && system.Cs.L != 0 ? 64 : system.Cs.Db != 0 ? 32 : 16;

    /// <summary>Current privilege level, 0 to 3.</summary>
    public static int PrivilegeLevel(GeneralRegisters general, SystemRegisters system) =>
        IsReal(system) ? 0 : IsVirtual8086(general, system) ? 3 : system.Ss.Dpl;

    /// <summary>The linear address of the next instruction.</summary>
    public static ulong CodeAddress(GeneralRegisters general, SystemRegisters system) => Linear(system, system.Cs, general.Rip);

    /// <summary>The linear address of the top of the stack.</summary>
    public static ulong StackAddress(GeneralRegisters general, SystemRegisters system) => Linear(system, system.Ss, general.Rsp);

    /// <summary>The mode in words.</summary>
    public static string Describe(GeneralRegisters general, SystemRegisters system) =>
        IsReal(system) ? "real mode, 16-bit"
        : IsVirtual8086(general, system) ? "virtual-8086 mode, 16-bit"
        : CodeBits(system) == 64 ? "long mode, 64-bit"
        : IsLong(system) ? $"compatibility mode, {CodeBits(system)}-bit"
        : $"protected mode, {CodeBits(system)}-bit";

    /// <summary>64-bit code knows no segment bases but those of FS and GS.</summary>
    private static ulong Linear(SystemRegisters system, SegmentRegister segment, ulong offset) =>
        CodeBits(system) == 64 ? offset : unchecked((uint)(segment.Base + offset));
}
