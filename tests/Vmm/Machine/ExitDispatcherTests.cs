using Vmm.Devices.Bus;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Machine;
using Vmm.Machine.Exits;
using Vmm.Tests.Devices;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

public sealed unsafe class ExitDispatcherTests : IDisposable
{
    private const ushort Port = 0x80;
    private const ulong Address = 0xFEB0_0000;

    private readonly AddressBus _ports = new("ports");
    private readonly AddressBus _memory = new("memory");
    private readonly EchoDevice _device = new();
    private readonly FakeVcpu _vcpu = new();
    private readonly ExitDispatcher _dispatcher;

    public ExitDispatcherTests()
    {
        _ports.TryAdd(Port, 4, _device);
        _memory.TryAdd(Address, 0x1000, _device);
        _dispatcher = new ExitDispatcher(_ports, _memory, new PlainReporter());
    }

    public void Dispose() => _vcpu.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void A_port_is_written_and_read_in_the_width_that_the_guest_used(byte size)
    {
        byte[] value = [1, 2, 3, 4];
        value.CopyTo(_vcpu.Data);
        Assert.Null(_dispatcher.Dispatch(_vcpu.Io(write: true, Port, size)));
        _vcpu.Data.Clear();
        Assert.Null(_dispatcher.Dispatch(_vcpu.Io(write: false, Port, size)));
        Assert.Equal(value[..size], _vcpu.Data[..size].ToArray());
        Assert.Equal(0, _vcpu.Data[size]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    public void A_register_in_memory_is_written_and_read_in_the_width_that_the_guest_used(uint length)
    {
        _vcpu.Mmio(write: true, Address + 8, length);
        *(ulong*)_vcpu.Shared->mmio.data = 0x1122_3344_5566_7788;
        Assert.Null(_dispatcher.Dispatch(_vcpu));
        Assert.Equal(8ul, _device.LastOffset);
        _vcpu.Mmio(write: false, Address + 8, length);
        *(ulong*)_vcpu.Shared->mmio.data = 0;
        Assert.Null(_dispatcher.Dispatch(_vcpu));
        ulong mask = length == 8 ? ulong.MaxValue : (1ul << (int)(8 * length)) - 1;
        Assert.Equal(0x1122_3344_5566_7788 & mask, *(ulong*)_vcpu.Shared->mmio.data);
    }

    [Theory]
    [Trait("Row", "46")]
    [InlineData(Port - 2, 4)]
    [InlineData(Port + 3, 2)]
    [InlineData(0x1000, 4)]
    public void A_port_access_that_nobody_answers_in_full_reads_as_all_ones_and_is_counted(int port, byte size)
    {
        _dispatcher.Dispatch(_vcpu.Io(write: true, (ushort)port, size));
        Assert.Equal(0, _device.Writes);
        Assert.Null(_dispatcher.Dispatch(_vcpu.Io(write: false, (ushort)port, size)));
        Assert.Equal(-1, _vcpu.Data[..size].IndexOfAnyExcept((byte)0xff));
        Assert.Equal(2, _dispatcher.Counters.CountOf(device: null));
    }

    [Fact]
    [Trait("Row", "46")]
    public void A_memory_access_that_straddles_the_end_of_a_device_reads_as_all_ones()
    {
        Assert.Null(_dispatcher.Dispatch(_vcpu.Mmio(write: false, Address + 0xffe, 4)));
        Assert.Equal(uint.MaxValue, *(uint*)_vcpu.Shared->mmio.data);
        Assert.Null(_dispatcher.Dispatch(_vcpu.Mmio(write: false, ulong.MaxValue - 1, 4)));
        Assert.Equal(uint.MaxValue, *(uint*)_vcpu.Shared->mmio.data);
    }

    [Theory]
    [Trait("Row", "49")]
    [Trait("Row", "50")]
    [Trait("Row", "51")]
    [InlineData((int)KvmExitReason.KVM_EXIT_SHUTDOWN, (int)OutcomeKind.TripleFault, "triple fault")]
    [InlineData((int)KvmExitReason.KVM_EXIT_INTERNAL_ERROR, (int)OutcomeKind.InternalError, "could not emulate")]
    [InlineData((int)KvmExitReason.KVM_EXIT_FAIL_ENTRY, (int)OutcomeKind.EntryFailure, "hardware reason 0x")]
    [InlineData((int)KvmExitReason.KVM_EXIT_UNKNOWN, (int)OutcomeKind.UnexpectedExit, "KVM_EXIT_UNKNOWN")]
    [InlineData(123, (int)OutcomeKind.UnexpectedExit, "123")]
    [InlineData((int)KvmExitReason.KVM_EXIT_HLT, (int)OutcomeKind.UnexpectedExit, "KVM_EXIT_HLT")]
    public void An_exit_that_cannot_be_answered_ends_the_machine_with_a_report(int reason, int kind, string says)
    {
        _vcpu.Shared->@internal.suberror = kvm_run_internal.KVM_INTERNAL_ERROR_EMULATION;
        MachineOutcome? outcome = _dispatcher.Dispatch(_vcpu.Exit((KvmExitReason)reason));
        Assert.Equal((OutcomeKind)kind, outcome?.Kind);
        Assert.Contains(says, outcome?.Report);
    }

    [Theory]
    [InlineData(kvm_run_system_event.KVM_SYSTEM_EVENT_SHUTDOWN, (int)OutcomeKind.PoweredOff)]
    [InlineData(kvm_run_system_event.KVM_SYSTEM_EVENT_RESET, (int)OutcomeKind.Reset)]
    [InlineData(kvm_run_system_event.KVM_SYSTEM_EVENT_CRASH, (int)OutcomeKind.UnexpectedExit)]
    public void A_system_event_ends_the_machine_as_it_says(uint type, int kind)
    {
        _vcpu.Shared->system_event.type = type;
        Assert.Equal((OutcomeKind)kind, _dispatcher.Dispatch(_vcpu.Exit(KvmExitReason.KVM_EXIT_SYSTEM_EVENT))?.Kind);
    }

    [Fact]
    public void An_unknown_model_specific_register_faults_in_the_guest_and_the_machine_goes_on()
    {
        Assert.Null(_dispatcher.Dispatch(_vcpu.Exit(KvmExitReason.KVM_EXIT_X86_RDMSR)));
        Assert.Equal(1, _vcpu.Shared->msr.error);
    }

    [Fact]
    public void Answering_an_exit_allocates_nothing()
    {
        Spin(10);
        Assert.Equal(0, Allocated.Least(() => Spin(10_000)));
    }

    private void Spin(int times)
    {
        for (int i = 0; i < times; i++)
        {
            _dispatcher.Dispatch(_vcpu.Io(write: true, Port, 1));
            _dispatcher.Dispatch(_vcpu.Io(write: false, 0x1000, 4));
            _dispatcher.Dispatch(_vcpu.Mmio(write: true, Address, 4));
        }
    }

    private sealed class PlainReporter : ICrashReporter
    {
        public string Describe(IVcpu vcpu, OutcomeKind kind, string what) => what;
    }
}
