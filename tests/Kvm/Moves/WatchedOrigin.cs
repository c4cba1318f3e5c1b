using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;

namespace Vmm.Tests.Kvm.Moves;

/// <summary>Another origin, with a look at the machine that it has restored before that runs.</summary>
internal sealed class WatchedOrigin(IMachineOrigin inner, Action<MicroVm> restored) : IMachineOrigin
{
    public bool DisksAreHeldElsewhere => inner.DisksAreHeldElsewhere;

    public bool StartsPaused => inner.StartsPaused;

    public GuestRam OpenRam(MachineConfig config) => inner.OpenRam(config);

    public void Restore(MicroVm machine)
    {
        inner.Restore(machine);
        restored(machine);
    }

    public void Started() => inner.Started();
}
