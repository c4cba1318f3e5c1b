using Vmm.Guest.Memory;
using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <content>Which pages guests, and KVM on their behalf, have written.</content>
internal sealed unsafe partial class KvmVm
{
    /// <summary>Has KVM log writes to a memory slot, or log them no more. While vCPUs run, too.</summary>
    /// <remarks>A slot that changes costs a grace period in the kernel, some 10 ms, for the caller and not for the vCPUs.</remarks>
    /// <param name="slot">The slot.</param>
    /// <param name="region">What was laid there with <see cref="SetMemory"/>.</param>
    /// <param name="on">Whether to log.</param>
    public void SetDirtyLogging(uint slot, in MemoryRegion region, bool on) =>
        SetMemory(slot, region, on ? kvm_userspace_memory_region.KVM_MEM_LOG_DIRTY_PAGES : 0);

    /// <summary>
    /// Lets the log be read without pages being protected again at once: <see cref="ClearDirtyLog"/> does that, in pieces, so
    /// that vCPUs that fault meanwhile wait less.
    /// </summary>
    /// <returns>False when the kernel (before 5.2) does both in one.</returns>
    public bool TryProtectByHand()
    {
        if ((Check(KvmCapability.KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2) & (int)kvm_enable_cap.KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE) == 0)
            return false;
        kvm_enable_cap argument = new() { cap = (uint)KvmCapability.KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2 };
        argument.args[0] = kvm_enable_cap.KVM_DIRTY_LOG_MANUAL_PROTECT_ENABLE;
        Call(KvmIoctl.KVM_ENABLE_CAP, (nint)(&argument), "KVM_ENABLE_CAP (KVM_CAP_MANUAL_DIRTY_LOG_PROTECT2)");
        return true;
    }

    /// <summary>Reads a slot's log.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="bits">Replaced: a bit for each page, whole words.</param>
    public void GetDirtyLog(uint slot, Span<ulong> bits)
    {
        fixed (ulong* start = bits)
        {
            kvm_dirty_log argument = new() { slot = slot, dirty_bitmap = (ulong)start };
            // No name is put together for a call that works: this allocates nothing.
            if (Linux.ioctl(_number, KvmIoctl.KVM_GET_DIRTY_LOG, (nint)(&argument)) < 0)
                throw HostException.Last($"ioctl KVM_GET_DIRTY_LOG (slot {slot})");
        }
    }

    /// <summary>Forgets pages in a slot's log and protects them again. Before they are read, or a write is lost.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="firstPage">Where in the slot, a multiple of 64.</param>
    /// <param name="pages">How many; a multiple of 64, but for the slot's end.</param>
    /// <param name="bits">Those that are to be forgotten.</param>
    public void ClearDirtyLog(uint slot, ulong firstPage, uint pages, ReadOnlySpan<ulong> bits)
    {
        fixed (ulong* start = bits)
        {
            kvm_clear_dirty_log argument = new() { slot = slot, first_page = firstPage, num_pages = pages, dirty_bitmap = (ulong)start };
            if (Linux.ioctl(_number, KvmIoctl.KVM_CLEAR_DIRTY_LOG, (nint)(&argument)) < 0)
                throw HostException.Last($"ioctl KVM_CLEAR_DIRTY_LOG (slot {slot}, {pages} pages from {firstPage})");
        }
    }
}
