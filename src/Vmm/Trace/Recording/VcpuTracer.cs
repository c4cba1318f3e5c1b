using System.Runtime.InteropServices;
using Vmm.Devices.Bus;
using Vmm.Guest.Memory;
using Vmm.Inspect;
using Vmm.Kvm;
using Vmm.Kvm.Abi;
using Vmm.Trace.Format;
using Vmm.Trace.Recording.Stepping;

namespace Vmm.Trace.Recording;

/// <summary>Turns one vCPU's exits into records, on its thread.</summary>
/// <param name="moment">Its registers and code.</param>
/// <param name="ports">Who answers at ports.</param>
/// <param name="memory">Who answers at addresses.</param>
/// <param name="records">Where its records go.</param>
/// <param name="recorder">The trace.</param>
/// <param name="stepper">Who has each instruction be an exit; null for nobody.</param>
internal sealed unsafe class VcpuTracer(VcpuMoment moment, AddressBus ports, AddressBus memory, VcpuRecords records, TraceRecorder recorder, MachineStepper? stepper)
{
    /// <summary>Instructions that make exits are few, but code may be written anew without end.</summary>
    private const int MostCodes = 1 << 16;

    private readonly Dictionary<(ulong Address, KvmExitReason Reason, AccessKind Kind), KnownCode> _codes = [];
    private readonly VcpuSteps _steps = new(moment, records);
    private readonly Dictionary<IBusDevice, int> _devices = new(ReferenceEqualityComparer.Instance);

    /// <summary>The registers and the code.</summary>
    public VcpuMoment Moment => moment;

    /// <summary>Where its records go.</summary>
    public VcpuRecords Records => records;

    /// <summary>The vCPU's next entry is the first that is traced.</summary>
    public void Begin(KvmVcpu vcpu)
    {
        if (stepper is null)
            return;
        if (!recorder.Filter.Wants(vcpu.Number))
        {
            // It may come upon what another was stepped through.
            stepper.End(vcpu);
            return;
        }
        moment.ReadNow();
        _steps.Prepare(moment.Context);
        stepper.Begin(vcpu);
    }

    /// <summary>It is not traced any more.</summary>
    public void End(KvmVcpu vcpu)
    {
        stepper?.End(vcpu);
    }

    /// <summary>Notes an exit that was answered.</summary>
    public void Note(IVcpu vcpu, long inGuest, long handled)
    {
        kvm_run* run = vcpu.Shared;
        KvmExitReason reason = run->exit_reason;
        ExitFilter filter = recorder.Filter;
        if (!filter.Wants(vcpu.Number))
            return;
        if (stepper is not null && reason == KvmExitReason.KVM_EXIT_DEBUG)
        {
            NoteStep(vcpu, inGuest, handled);
            return;
        }
        if (!filter.Wants(reason) || stepper?.HasBegun(vcpu) == false)
            return;
        BusRange? range = RangeOf(run, reason);
        ExitAccess access = AccessOf(run, reason, range);
        if (!filter.WantsAddress(access.Kind, access.Address) || (filter.Devices.Count > 0 && access.Kind == AccessKind.None) || !filter.WantsDevice(range?.Device.Name))
            return;
        if (!recorder.Admit())
            return;
        moment.Read();
        int code = CodeOf(reason, access);
        records.Exit(recorder.Now, handled, inGuest, reason, code, access);
    }

    private void NoteStep(IVcpu vcpu, long inGuest, long handled)
    {
        moment.Read();
        if (stepper!.Wants(vcpu, _steps.Next) && recorder.Filter.WantsSteps && recorder.Admit())
            _steps.Note(moment.Context, recorder.Now, handled, inGuest);
        _steps.Prepare(moment.Context);
    }

    private BusRange? RangeOf(kvm_run* run, KvmExitReason reason) => reason switch
    {
        KvmExitReason.KVM_EXIT_IO => ports.Find(run->io.port, run->io.size),
        KvmExitReason.KVM_EXIT_MMIO => memory.Find(run->mmio.phys_addr, (int)run->mmio.len),
        _ => null,
    };

    private ExitAccess AccessOf(kvm_run* run, KvmExitReason reason, BusRange? range)
    {
        switch (reason)
        {
            case KvmExitReason.KVM_EXIT_IO:
                int bytes = (int)Math.Min((ulong)run->io.count * run->io.size, TraceFormat.MostData);
                return At(range, run->io.port, new ExitAccess
                {
                    Kind = run->io.direction == kvm_run_io.KVM_EXIT_IO_IN ? AccessKind.PortRead : AccessKind.PortWrite,
                    Size = run->io.size,
                    Count = run->io.count,
                    Data = new ReadOnlySpan<byte>((byte*)run + run->io.data_offset, bytes),
                });
            case KvmExitReason.KVM_EXIT_MMIO:
                return At(range, run->mmio.phys_addr, new ExitAccess
                {
                    Kind = run->mmio.is_write != 0 ? AccessKind.MemoryWrite : AccessKind.MemoryRead,
                    Size = (int)run->mmio.len,
                    Count = 1,
                    Data = new ReadOnlySpan<byte>(run->mmio.data, (int)Math.Min(run->mmio.len, sizeof(ulong))),
                });
            case KvmExitReason.KVM_EXIT_X86_RDMSR:
            case KvmExitReason.KVM_EXIT_X86_WRMSR:
                return new ExitAccess
                {
                    Kind = reason == KvmExitReason.KVM_EXIT_X86_RDMSR ? AccessKind.MsrRead : AccessKind.MsrWrite,
                    Address = run->msr.index,
                    Size = sizeof(ulong),
                    Count = 1,
                    Data = MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(&run->msr.data, 1)),
                };
            default:
                return default;
        }
    }

    private ExitAccess At(BusRange? range, ulong address, scoped in ExitAccess access) => new()
    {
        Kind = access.Kind,
        Address = address,
        Device = range is null ? 0 : NumberOf(range.Device),
        Offset = range is null ? 0 : address - range.Start,
        Size = access.Size,
        Count = access.Count,
        Data = access.Data,
    };

    private int NumberOf(IBusDevice device)
    {
        if (!_devices.TryGetValue(device, out int number))
            _devices[device] = number = records.Device(device.Name, DeviceModel.Of(device));
        return number;
    }

    private int CodeOf(KvmExitReason reason, in ExitAccess access)
    {
        const int reach = CodeListing.LongestInstruction;
        Span<byte> window = stackalloc byte[2 * reach];
        ulong pointer = moment.Context.LinearPointer;
        int before = ReadBefore(pointer, window[..reach]);
        int after = moment.ReadCode(pointer, window.Slice(before, reach));
        window = window[..(before + after)];
        var key = (pointer, reason, access.Kind);
        if (_codes.TryGetValue(key, out KnownCode? known) && known.Bits == moment.Context.Bits && window.SequenceEqual(known.Window))
            return known.Number;
        if (_codes.Count >= MostCodes)
            _codes.Clear();
        (int start, int length)? found = ExitInstruction.Find(window[..before], window[before..], moment.Context, access, reason);
        ReadOnlySpan<byte> bytes = found is { } at ? window.Slice(before + at.start, at.length) : window[before..];
        ulong address = moment.Context.Registers.rip + (ulong)(long)(found?.start ?? 0);
        int number = records.Code(address, moment.Context.Bits, found is not null, bytes);
        _codes[key] = new KnownCode(number, moment.Context.Bits, window.ToArray());
        return number;
    }

    /// <summary>Reads the code that ends at the pointer: less where it begins at the pointer's page, for the one before may not be mapped.</summary>
    private int ReadBefore(ulong pointer, Span<byte> code)
    {
        int wanted = (int)Math.Min((ulong)code.Length, pointer);
        if (moment.ReadCode(pointer - (ulong)wanted, code[..wanted]) == wanted)
            return wanted;
        wanted = (int)Math.Min((ulong)wanted, pointer % MemoryLayout.PageSize);
        return moment.ReadCode(pointer - (ulong)wanted, code[..wanted]) == wanted ? wanted : 0;
    }

    private sealed record KnownCode(int Number, int Bits, byte[] Window);
}
