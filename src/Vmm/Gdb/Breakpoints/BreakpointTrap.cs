using Vmm.Kvm.Abi;

namespace Vmm.Gdb.Breakpoints;

/// <summary>An instruction that leaves the guest, which is put over one of the guest's at a software breakpoint.</summary>
/// <param name="Name">What it is, for people.</param>
/// <param name="Code">Its bytes.</param>
internal sealed record BreakpointTrap(string Name, byte[] Code)
{
    /// <summary>A port that no device of ours and none of KVM's has: the second of the two by which firmware was once told of power management.</summary>
    private const byte Port = 0xb3;

    /// <summary>INT3 (Intel SDM 2A): what processors have for it.</summary>
    public static readonly BreakpointTrap Int3 = new("int3", [0xcc]);

    /// <summary>
    /// IN AL, imm8 (Intel SDM 2A), for a KVM that catches no int3, as on an emulated SVM: an access to a port leaves every guest. It is
    /// privileged, and has two bytes: see <see cref="TrapPlace"/>.
    /// </summary>
    public static readonly BreakpointTrap PortRead = new("a port read", [0xe4, Port]);

    /// <summary>Whether a vCPU left the guest for a port read as that of <see cref="PortRead"/>.</summary>
    public static bool IsPortRead(in kvm_run_io io) => io is { direction: kvm_run_io.KVM_EXIT_IO_IN, port: Port, size: 1, count: 1 };
}
