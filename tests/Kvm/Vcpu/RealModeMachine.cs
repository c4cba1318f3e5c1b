using Vmm.Devices.Bus;
using Vmm.Guest.Memory;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Machine;
using Vmm.Machine.Exits;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Vcpu;

/// <summary>The smallest real machine: RAM, and vCPUs that all begin at address 0 in real mode. No boot protocol, no device.</summary>
internal sealed class RealModeMachine : IDisposable
{
    private readonly KvmSystem _system = Open();

    /// <param name="code">What the vCPUs run.</param>
    /// <param name="vcpus">How many.</param>
    /// <param name="ram">Their RAM, which has the code already; null for new RAM.</param>
    public RealModeMachine(ReadOnlySpan<byte> code, int vcpus = 1, GuestRam? ram = null)
    {
        Ram = ram ?? GuestRam.Create(MemoryLayout.MinimumRam);
        if (ram is null)
            Assert.True(Ram.Memory.TryWrite(GuestAddress.Zero, code));
        Vm = _system.CreateVm();
        Vm.SetMemory(0, Ram.Memory.Regions[0]);
        Vcpus = new KvmVcpu[vcpus];
        var dispatchers = new ExitDispatcher[vcpus];
        for (int i = 0; i < vcpus; i++)
        {
            Vcpus[i] = Vm.CreateVcpu((uint)i, i);
            kvm_sregs special = Vcpus[i].GetSpecialRegisters();
            special.cs.@base = 0;
            special.cs.selector = 0;
            Vcpus[i].SetSpecialRegisters(special);
            Vcpus[i].SetRegisters(new kvm_regs { rip = 0, rflags = 2, rsp = 0x1000, rbx = (ulong)i });
            dispatchers[i] = new ExitDispatcher(Ports, Memory, new CrashReporter(Ram.Memory));
        }
        Machine = new VirtualMachine(Vcpus, dispatchers, new MachineEnd());
    }

    public AddressBus Ports { get; } = new("ports");

    public AddressBus Memory { get; } = new("memory");

    public GuestRam Ram { get; }

    public KvmVm Vm { get; }

    public KvmVcpu[] Vcpus { get; }

    public VirtualMachine Machine { get; }

    public void Dispose()
    {
        Machine.Dispose();
        Vm.Dispose();
        Ram.Dispose();
        _system.Dispose();
    }

    private static KvmSystem Open()
    {
        KvmDevice.Require();
        return KvmSystem.Open();
    }
}
