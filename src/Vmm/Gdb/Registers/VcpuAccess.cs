using Vmm.Kvm;
using Vmm.Kvm.Abi;

namespace Vmm.Gdb.Registers;

/// <summary>Reads and writes a vCPU's registers as one block. The vCPU is held meanwhile.</summary>
/// <param name="vcpu">The vCPU.</param>
/// <param name="xsaveSize">Bytes of this host's XSAVE area.</param>
internal sealed class VcpuAccess(KvmVcpu vcpu, int xsaveSize)
{
    /// <summary>IA32_KERNEL_GS_BASE.</summary>
    private const uint MSR_KERNEL_GS_BASE = 0xc0000102;

    private const int FloatingStart = RegisterLayout.X87;
    private const int FloatingEnd = RegisterLayout.Bases;

    /// <summary>Reads all of them.</summary>
    /// <param name="block">Of <see cref="RegisterLayout.Size"/> bytes.</param>
    public void Read(Span<byte> block)
    {
        block.Clear();
        RegisterBlock.Put(vcpu.GetRegisters(), block);
        RegisterBlock.Put(vcpu.GetSpecialRegisters(), block);
        FloatingPoint.Put(vcpu.GetXsave(xsaveSize), block);
        if (vcpu.TryGetMsr(MSR_KERNEL_GS_BASE, out ulong kernel))
            RegisterBlock.PutKernelGsBase(block, kernel);
    }

    /// <summary>Writes those that differ from what they are.</summary>
    /// <returns>False when one cannot be changed, such as a selector: then none of its kind is.</returns>
    /// <exception cref="Host.HostException">KVM refused, such as control registers that do not go together.</exception>
    public bool TryWrite(ReadOnlySpan<byte> block)
    {
        Span<byte> now = stackalloc byte[RegisterLayout.Size];
        Read(now);
        if (Differ(block, now, RegisterLayout.Selectors, RegisterLayout.X87))
            return false;
        if (Differ(block, now, RegisterLayout.Bases, RegisterLayout.Size))
        {
            ulong kernel = RegisterBlock.KernelGsBase(block);
            if (kernel != RegisterBlock.KernelGsBase(now) && !vcpu.TrySetMsr(MSR_KERNEL_GS_BASE, kernel))
                return false;
            vcpu.SetSpecialRegisters(RegisterBlock.Take(block, vcpu.GetSpecialRegisters()));
        }
        if (Differ(block, now, FloatingStart, FloatingEnd))
        {
            byte[] area = vcpu.GetXsave(xsaveSize);
            FloatingPoint.Take(block, area);
            vcpu.SetXsave(area);
        }
        if (Differ(block, now, RegisterLayout.General, RegisterLayout.Selectors))
            vcpu.SetRegisters(RegisterBlock.Take(block, vcpu.GetRegisters()));
        return true;
    }

    /// <summary>Where its next instruction is, and what it is doing, in a few words.</summary>
    public string Describe()
    {
        uint state = vcpu.GetMpState().mp_state;
        string doing = state switch
        {
            kvm_mp_state.KVM_MP_STATE_RUNNABLE => "running",
            kvm_mp_state.KVM_MP_STATE_HALTED => "halted",
            _ => "not started",
        };
        return $"vCPU {vcpu.Number} [{doing}]";
    }

    private static bool Differ(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other, int start, int end) => !one[start..end].SequenceEqual(other[start..end]);
}
