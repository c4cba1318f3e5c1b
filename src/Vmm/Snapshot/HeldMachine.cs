using System.Diagnostics;
using Vmm.Devices.Virtio;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Snapshot.State;

namespace Vmm.Snapshot;

/// <summary>
/// A machine that stands still: every vCPU is held and no device has a request in flight, so that its state is one moment's. Goes on when
/// disposed, as it was before.
/// </summary>
/// <remarks>
/// vCPUs first, then devices: a device that is at rest gets nothing new to do. Devices wait for their host ends here; that
/// is a part of the pause.
/// </remarks>
internal sealed class HeldMachine : IDisposable
{
    private readonly MicroVm _vm;
    private readonly bool _wasRunning;
    private readonly Stopwatch _still;
    private bool _over;

    private HeldMachine(MicroVm vm, bool wasRunning, Stopwatch still) => (_vm, _wasRunning, _still) = (vm, wasRunning, still);

    /// <summary>How long it has been standing still, from the first call to stop; in all, once it was released.</summary>
    public TimeSpan Elapsed => _still.Elapsed;

    /// <summary>Brings a machine to rest that is running or paused.</summary>
    /// <exception cref="Host.VmmException">It is neither, or a vCPU did not answer.</exception>
    public static HeldMachine Hold(MicroVm vm)
    {
        Stopwatch still = Stopwatch.StartNew();
        bool wasRunning = vm.Machine.State != MachineState.Paused;
        if (wasRunning)
            vm.Machine.Pause();
        return Still(vm, wasRunning, still);
    }

    /// <summary>As <see cref="Hold"/>, for who only looks: a machine that has crashed will do, too, and is held anyway.</summary>
    /// <exception cref="Host.VmmException">It has not started or has ended, or a vCPU did not answer.</exception>
    public static HeldMachine HoldToLook(MicroVm vm)
    {
        Stopwatch still = Stopwatch.StartNew();
        bool wasRunning = vm.Machine.State == MachineState.Running;
        vm.Machine.EnsureHeld();
        return Still(vm, wasRunning, still);
    }

    /// <summary>The state of processors and devices.</summary>
    public SavedState SaveState() => StateSections.Save(_vm.Parts);

    /// <summary>Devices go on, and vCPUs unless they were held before.</summary>
    public void Release()
    {
        if (_over)
            return;
        _over = true;
        foreach (VirtioDeviceCore core in _vm.Virtio)
            core.Resume();
        if (_wasRunning && _vm.Machine.State == MachineState.Paused)
            _vm.Machine.Resume();
        _still.Stop();
    }

    /// <inheritdoc/>
    public void Dispose() => Release();

    private static HeldMachine Still(MicroVm vm, bool wasRunning, Stopwatch still)
    {
        foreach (VirtioDeviceCore core in vm.Virtio)
            core.Quiesce();
        return new HeldMachine(vm, wasRunning, still);
    }
}
