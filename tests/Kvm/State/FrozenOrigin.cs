using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Snapshot.State;

namespace Vmm.Tests.Kvm.State;

/// <summary>A machine that comes from a copy of another one's memory and from its state.</summary>
internal sealed class FrozenOrigin(byte[] memory, SavedState state) : IMachineOrigin
{
    public bool DisksAreHeldElsewhere => false;

    public bool StartsPaused => false;

    public unsafe GuestRam OpenRam(MachineConfig config)
    {
        GuestRam ram = GuestRam.Create(config.Memory.Size.Bytes);
        memory.CopyTo(new Span<byte>((void*)ram.Start, memory.Length));
        return ram;
    }

    public void Restore(MicroVm machine) => StateSections.Restore(state, machine.Parts);

    public void Started()
    {
    }
}
