using System.Runtime.InteropServices;
using Vmm.Kvm;
using Vmm.Kvm.Abi;

namespace Vmm.Tests.Vmm.Machine;

/// <summary>A vCPU without KVM: its exits are what a test writes into the shared area.</summary>
internal sealed unsafe class FakeVcpu : IVcpu, IDisposable
{
    /// <summary>Where port data lies in the shared area, as KVM lays it: a page behind the start.</summary>
    public const int DataOffset = 4096;

    private readonly byte* _area = (byte*)NativeMemory.AllocZeroed(2 * DataOffset);

    public int Number => 0;

    public kvm_run* Shared => (kvm_run*)_area;

    public Span<byte> Data => new(_area + DataOffset, DataOffset);

    public VcpuExit Run() => VcpuExit.Guest;

    public void Kick()
    {
    }

    public FakeVcpu Io(bool write, ushort port, byte size, uint count = 1)
    {
        Shared->exit_reason = KvmExitReason.KVM_EXIT_IO;
        Shared->io = new kvm_run_io
        {
            direction = write ? kvm_run_io.KVM_EXIT_IO_OUT : kvm_run_io.KVM_EXIT_IO_IN,
            port = port,
            size = size,
            count = count,
            data_offset = DataOffset,
        };
        return this;
    }

    public FakeVcpu Mmio(bool write, ulong address, uint length)
    {
        Shared->exit_reason = KvmExitReason.KVM_EXIT_MMIO;
        Shared->mmio.phys_addr = address;
        Shared->mmio.len = length;
        Shared->mmio.is_write = write ? (byte)1 : (byte)0;
        return this;
    }

    public FakeVcpu Exit(KvmExitReason reason)
    {
        Shared->exit_reason = reason;
        return this;
    }

    public void Dispose() => NativeMemory.Free(_area);
}
