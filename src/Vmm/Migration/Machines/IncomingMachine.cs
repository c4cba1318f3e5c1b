using Vmm.Devices.Virtio;
using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Migration.Receiving;
using Vmm.Snapshot.Memory;
using Vmm.Snapshot.State;
using Vmm.Storage;

namespace Vmm.Migration.Machines;

/// <summary>A machine at the destination, built and not started.</summary>
/// <param name="vm">The machine.</param>
internal sealed class IncomingMachine(MicroVm vm) : IIncomingGuest
{
    /// <inheritdoc/>
    public nint Memory => vm.Ram.Start;

    /// <inheritdoc/>
    public ulong Length => vm.Ram.Length;

    /// <inheritdoc/>
    public ulong PageSize => vm.Ram.PageSize;

    /// <inheritdoc/>
    public void CheckPostCopy() => Userfault.Open("post-copy", PageServer.FeaturesFor(vm.Ram)).Dispose();

    /// <inheritdoc/>
    public PageServer Await(DirtyBitmap missing, IPageSource source) =>
        new(vm.Ram, source, fault => vm.Machine.End(new MachineOutcome(OutcomeKind.HostFault, Fault: fault)), missing);

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> state) => StateSections.Restore(StateFile.Read(state, "the source's state"), vm.Parts);

    /// <inheritdoc/>
    public void TakeDisks()
    {
        int locked = 0;
        try
        {
            for (; locked < vm.Disks.Count; locked++)
                vm.Disks[locked].Lock();
        }
        catch
        {
            // The source takes them again as soon as it hears of it.
            foreach (RawFileBackend disk in vm.Disks.Take(locked))
                disk.Unlock();
            throw;
        }
        // Not before: from here on they may write to disks, and raise interrupts.
        foreach (VirtioDeviceCore core in vm.Virtio)
            core.Resume();
    }
}
