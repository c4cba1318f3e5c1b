using Vmm.Devices.Bus;
using Vmm.Devices.Doorbells;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Platform;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Kvm.Events;

namespace Vmm.Machine.Build;

/// <summary>
/// What devices are screwed to: RAM, the buses, interrupts and event threads of one virtual machine. Owns what it hands
/// out, and gives it back in the reverse order.
/// </summary>
internal sealed class Chassis : IDisposable
{
    private readonly Stack<IDisposable> _owned = new();
    private readonly KvmVm _vm;
    private readonly MachineEnd _end;

    /// <summary>Begins a machine on an empty VM.</summary>
    public Chassis(KvmVm vm, GuestRam ram, MachineEnd end)
    {
        _vm = vm;
        _end = end;
        Ram = ram;
        Messages = new KvmMsiSink(vm);
    }

    /// <summary>The guest's RAM, as the host has it.</summary>
    public GuestRam Ram { get; }

    /// <summary>The guest's RAM.</summary>
    public GuestMemory Memory => Ram.Memory;

    /// <summary>The I/O ports.</summary>
    public AddressBus Ports { get; } = new("ports");

    /// <summary>Device registers in the memory address space.</summary>
    public AddressBus Registers { get; } = new("memory");

    /// <summary>Message-signalled interrupts.</summary>
    public IMsiSink Messages { get; }

    /// <summary>Where a device turns to end or reset the machine.</summary>
    public IPowerControl Power => _end;

    /// <summary>A level on an interrupt controller input.</summary>
    public IInterruptLine Line(uint gsi) => new KvmInterruptLine(_vm, gsi);

    /// <summary>An edge on an interrupt controller input.</summary>
    public IInterruptLine Edge(uint gsi) => Own(new IrqFdLine(_vm, gsi));

    /// <summary>A new event thread, and doorbells that ring on it.</summary>
    /// <param name="name">The thread's name.</param>
    public IDoorbellHost EventThread(string name) => EventThread(name, out _);

    /// <summary>A new event thread, doorbells that ring on it, and the loop for a back end that waits for descriptors there.</summary>
    /// <param name="name">The thread's name.</param>
    /// <param name="loop">The thread's loop; it lives as long as the machine.</param>
    public KvmDoorbells EventThread(string name, out EventLoop loop)
    {
        loop = Own(new EventLoop(name, fault => _end.TrySet(new MachineOutcome(OutcomeKind.HostFault, Fault: fault))));
        return new KvmDoorbells(_vm, loop);
    }

    /// <summary>Doorbells that ring on an event thread which outlives the machine.</summary>
    public IDoorbellHost EventThread(EventLoop loop) => new KvmDoorbells(_vm, loop);

    /// <summary>Puts a device on the I/O ports.</summary>
    public void AddPorts(ushort start, ushort count, IBusDevice device)
    {
        if (Ports.TryAdd(start, count, device) is null)
            throw new InvalidOperationException($"{device.Name}: ports 0x{start:x}+{count} are taken");
    }

    /// <summary>Puts a device's registers into the memory address space.</summary>
    public void AddRegisters(ulong start, ulong size, IBusDevice device)
    {
        if (Registers.TryAdd(start, size, device) is null)
            throw new InvalidOperationException($"{device.Name}: addresses 0x{start:x}+0x{size:x} are taken");
    }

    /// <summary>Takes over a resource that must live as long as the machine.</summary>
    public T Own<T>(T resource) where T : IDisposable
    {
        _owned.Push(resource);
        return resource;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_owned.TryPop(out IDisposable? resource))
            resource.Dispose();
    }
}
