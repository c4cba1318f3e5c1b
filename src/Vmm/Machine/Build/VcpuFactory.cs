using Vmm.Guest.Cpu;
using Vmm.Guest.Cpu.Cpuid;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Machine.Config;

namespace Vmm.Machine.Build;

/// <summary>Makes vCPUs that are what the configuration says they are.</summary>
internal sealed class VcpuFactory
{
    /// <summary>
    /// What such a KVM lists though its emulator cannot run it in kernel mode (see <see cref="HostProcessor.HasVirtualization"/>):
    /// cmpxchg16b and clwb fail there.
    /// </summary>
    private static readonly string[] s_notEmulated = ["cx16", "clwb"];

    /// <summary>IA32_MISC_ENABLE (Intel SDM 4, table 2-2): fast string operations, which a BIOS would have switched on.</summary>
    private const uint MiscEnableMsr = 0x1a0;
    private const ulong FastStrings = 1;

    private readonly KvmVm _vm;
    private readonly CpuidTable _cpuid;

    /// <summary>Settles what CPUID will answer.</summary>
    /// <exception cref="CpuidException">A feature is unknown, or the host lacks one that was added.</exception>
    public VcpuFactory(KvmSystem kvm, KvmVm vm, MachineConfig config)
    {
        _vm = vm;
        Topology = new ProcessorTopology(config.Cpus.Topology.Sockets, config.Cpus.Topology.Cores, config.Cpus.Topology.Threads);
        _cpuid = CpuidPolicy.Build(Array.ConvertAll(kvm.GetSupportedCpuid(), Import), new CpuidRequest
        {
            Topology = Topology,
            Removed = config.Cpu.Removed,
            Added = config.Cpu.Added,
            Masked = HostProcessor.HasVirtualization ? [] : s_notEmulated,
            TscDeadlineTimer = kvm.Check(KvmCapability.KVM_CAP_TSC_DEADLINE_TIMER) > 0,
        });
    }

    /// <summary>How the vCPUs are laid out.</summary>
    public ProcessorTopology Topology { get; }

    /// <summary>Makes one vCPU. Its registers are as after a reset; all but the first wait for INIT and SIPI.</summary>
    /// <param name="number">Its number, from 0.</param>
    public KvmVcpu Create(int number)
    {
        KvmVcpu vcpu = _vm.CreateVcpu(Topology.ApicIdOf(number), number);
        try
        {
            vcpu.SetCpuid(Array.ConvertAll(_cpuid.ForVcpu(number), Export));
            // A processor without the MSR has nothing to switch on.
            _ = vcpu.TrySetMsr(MiscEnableMsr, FastStrings);
            return vcpu;
        }
        catch
        {
            vcpu.Dispose();
            throw;
        }
    }

    private static CpuidEntry Import(kvm_cpuid_entry2 e) => new(e.function, e.index, e.flags, e.eax, e.ebx, e.ecx, e.edx);

    private static kvm_cpuid_entry2 Export(CpuidEntry e) => new()
    {
        function = e.Function,
        index = e.Index,
        flags = e.Flags,
        eax = e.Eax,
        ebx = e.Ebx,
        ecx = e.Ecx,
        edx = e.Edx,
    };
}
