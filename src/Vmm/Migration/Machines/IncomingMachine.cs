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
    public void CheckPostCopy()
    {
        if (vm.Ram.PageSize != MemoryLayout.PageSize)
            throw new VmmException("memory.hugepages: a guest on huge pages cannot run before its memory is there: migrate it by pre-copy (--mode precopy)");
        Userfault.Open("post-copy", vm.Ram.File is null ? 0 : Linux.UFFD_FEATURE_MISSING_SHMEM).Dispose();
    }

    /// <inheritdoc/>
    public PageServer Await(DirtyBitmap missing, IPageSource source) =>
        new(vm.Ram, source, fault => vm.Machine.End(new MachineOutcome(OutcomeKind.HostFault, Fault: fault)), missing);

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> state) => StateSections.Restore(StateFile.Read(state, "the source's state"), vm.Parts);

    /// <inheritdoc/>
    public void TakeDisks()
    {
        foreach (RawFileBackend disk in vm.Disks)
            disk.Lock();
        // Not before: from here on they may write to disks, and raise interrupts.
        foreach (VirtioDeviceCore core in vm.Virtio)
            core.Resume();
    }
}
