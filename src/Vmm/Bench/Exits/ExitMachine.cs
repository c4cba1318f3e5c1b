using Vmm.Consoles;
using Vmm.Firmware;
using Vmm.Guest.Boot;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Machine.Exits;

namespace Vmm.Bench.Exits;

/// <summary>
/// A machine as vmm builds it, with its platform's devices on the buses, its run loop and its dispatcher, and one device
/// more: the one that is measured. For one batch.
/// </summary>
internal sealed unsafe class ExitMachine : IDisposable
{
    private const uint PageSlot = 1;

    private readonly Stack<IDisposable> _owned = new();
    private readonly ExitRow _row;
    private readonly MeasuredDevice _measured = new();
    private readonly ControlDevice _control;
    private readonly KvmVm _vm;
    private readonly GuestRam _ram;
    private readonly TouchedPages? _pages;
    private readonly VirtualMachine _machine;
    private string? _obstacle;

    /// <summary>Builds it.</summary>
    /// <exception cref="VmmException">The host has not got what the row needs; the message says what.</exception>
    public ExitMachine(ExitRow row, BatchSize size, HostPlacement placement, bool counts)
    {
        _row = row;
        _control = new(OnBegin);
        try
        {
            KvmSystem kvm = Own(KvmSystem.Open());
            KvmRequirements.Check(kvm, row.Vcpus);
            _ram = Own(GuestRam.Create(ExitsLayout.RamSize, prefault: true));
            _pages = row.Pages == PageKind.None ? null : Own(new TouchedPages(row, size.PagesOf(row)));
            _vm = Own(kvm.CreateVm());
            _vm.SetMemory(0, _ram.Memory.Regions[0]);
            if (_pages is not null)
                _vm.SetMemory(PageSlot, _pages.Region);
            _vm.ReserveIntelPages();
            _vm.CreateIrqChip();
            _vm.CreatePit();
            if (row.HasUserMsrs && !_vm.TryAskForUnknownMsrs())
                throw new VmmException("this KVM does not ask user space for registers (KVM_CAP_X86_USER_SPACE_MSR, Linux 5.10)");
            MachineEnd end = new();
            Chassis chassis = Own(new Chassis(_vm, _ram, end));
            _ = new PlatformDevices(chassis, new MachineConsoles(new NullSink(), null, new NullSink()), TimeProvider.System);
            chassis.AddPorts(ExitsLayout.ControlPort, 1, _control);
            chassis.AddPorts(ExitRows.Port, ExitRows.Ports, _measured);
            chassis.AddRegisters(ExitRows.Registers, MemoryLayout.PageSize, _measured);
            if (row.Doorbell != DoorbellKind.None)
                Own(new SilentDoorbell(_vm, row));
            if (row.Wake != WakeKind.None)
                Own(new Waker(_vm, _ram, row.Wake));
            MachineConfig config = Configure(row, size);
            Vcpus = CreateVcpus(kvm, config);
            ExitDispatcher[] dispatchers = Array.ConvertAll(Vcpus, vcpu =>
                new ExitDispatcher(chassis.Ports, chassis.Registers, new CrashReporter(chassis.Memory), counts, ExitClock.Of(vcpu.GetTscKhz())) { Msrs = _measured });
            _machine = Own(new VirtualMachine(Vcpus, dispatchers, end, Pin(row, placement)));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The vCPUs; the first with the registers it begins with.</summary>
    public KvmVcpu[] Vcpus { get; }

    /// <summary>The guest's RAM up to its samples, as loaded.</summary>
    public ReadOnlySpan<byte> Image => new((void*)_ram.Start, (int)ExitsLayout.Samples);

    /// <summary>Runs the guest to its end.</summary>
    /// <param name="turns">How many samples it takes.</param>
    /// <param name="patience">How long it may take.</param>
    public Batch Run(int turns, TimeSpan patience)
    {
        _machine.Start();
        using Timer limit = new(_ => _machine.End(new MachineOutcome(OutcomeKind.Stopped)), null, patience, Timeout.InfiniteTimeSpan);
        MachineOutcome outcome = _machine.WaitForEnd();
        if (_obstacle is not null)
            return Batch.Without(_obstacle);
        if (EndText.Of(outcome, patience) is { } reason)
            return Batch.Without(reason);
        if (!_control.IsDone)
            return Batch.Without("the guest ended before it had measured");
        if (_row.LeavesTo == LeavesTo.User && _measured.Accesses < turns)
            return Batch.Without($"only {_measured.Accesses} of {turns} accesses left the kernel (is kvm.ignore_msrs on?)");
        ulong[] samples = new ReadOnlySpan<ulong>((byte*)_ram.Start + ExitsLayout.Samples, turns).ToArray();
        return new Batch(samples, _control.Elapsed.TotalNanoseconds / turns, null);
    }

    /// <summary>Enters KVM_RUN as often with immediate_exit set, so that it comes back at once. On the calling thread.</summary>
    public Batch RunFloor(int turns, int warmUp)
    {
        ulong[] samples = new ulong[turns];
        for (int i = 0; i < warmUp; i++)
            Vcpus[0].CompleteIo();
        long begun = System.Diagnostics.Stopwatch.GetTimestamp();
        for (int i = 0; i < turns; i++)
        {
            ulong before = TimeStampCounter.Now;
            Vcpus[0].CompleteIo();
            samples[i] = TimeStampCounter.Now - before;
        }
        return new Batch(samples, System.Diagnostics.Stopwatch.GetElapsedTime(begun).TotalNanoseconds / turns, null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? part))
            part.Dispose();
    }

    private static MachineConfig Configure(ExitRow row, BatchSize size)
    {
        ulong touched = row.Pages == PageKind.Logged ? size.PagesOf(row) : 0;
        return MachineConfigResolver.Resolve(new()
        {
            Firmware = "exits",
            Cmdline = $"quiet=1 row={(int)(row.Access ?? ExitAccess.Empty)} arg={row.Argument} n={size.TurnsOf(row)} warm={size.WarmUpOf(row)}"
                + (row.IsUser ? " user=1" : "") + (touched > 0 ? $" touch={touched}" : ""),
            Cpus = new CpuConfig { Count = row.Vcpus },
            Memory = new MemoryConfig { Size = new ByteSize(ExitsLayout.RamSize) },
            Console = ConsoleTarget.Off,
            Rng = false,
        });
    }

    private static VcpuPinning? Pin(ExitRow row, HostPlacement placement) => VcpuPinning.Of(new CpuConfig
    {
        Affinity = [.. Enumerable.Range(0, row.Vcpus).Select(vcpu => new VcpuAffinity { Vcpu = vcpu, HostCpus = [vcpu == 0 ? placement.Vcpu : placement.Others] })],
    }, allowed: [placement.Vcpu, placement.Others]);

    private KvmVcpu[] CreateVcpus(KvmSystem kvm, MachineConfig config)
    {
        VcpuFactory factory = new(kvm, _vm, config);
        using KernelImages images = new(config);
        BootPlan plan = BootLoader.Load(new BootRequest { Kernel = images.Kernel, CommandLine = config.Cmdline ?? "", Protocol = images.Protocol }, _ram.Memory);
        KvmVcpu[] vcpus = [.. Enumerable.Range(0, _row.Vcpus).Select(factory.Create)];
        VcpuRegisters.Load(vcpus[0], plan.Cpu);
        if (_row.Access == ExitAccess.Halt)
            _ = vcpus[0].TryShareTsc();
        return vcpus;
    }

    /// <summary>On the vCPU's thread, which waits meanwhile.</summary>
    private void OnBegin()
    {
        if (_pages is not null && _row.Pages == PageKind.Logged)
            _vm.SetDirtyLogging(PageSlot, _pages.Region, on: true);
        if (_row.Access != ExitAccess.Halt)
            return;
        // The host's time of the signal and the guest's of the handler have to be of one clock.
        ulong behind = TimeStampCounter.Now - *(ulong*)((byte*)_ram.Start + ExitsLayout.GuestTime);
        const ulong most = 1 << 28;
        if (behind > most)
        {
            _obstacle = "the guest's TSC cannot be made the host's (KVM_VCPU_TSC_OFFSET, Linux 5.16)";
            _machine.End(new MachineOutcome(OutcomeKind.Stopped));
        }
    }

    private T Own<T>(T part) where T : IDisposable
    {
        _owned.Push(part);
        return part;
    }
}
