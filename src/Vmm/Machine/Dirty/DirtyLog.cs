using Vmm.Guest.Memory;
using Vmm.Kvm;

namespace Vmm.Machine.Dirty;

/// <summary>
/// Which pages of a running machine's RAM are written, by whomever: KVM logs what its guest writes and what it writes itself
/// (clocks, stolen time), and <see cref="GuestMemory.Dirty"/> has what the devices write.
/// </summary>
/// <remarks>
/// vCPUs run meanwhile, and a page that is written while it is harvested is in this harvest or in the next. For all there is,
/// hold the vCPUs, quiesce the devices, and harvest then: a queue that comes to rest gives chains back, which writes.
/// Who harvests reads the pages afterwards, never before. Not for two threads at once; nothing is allocated a harvest.
/// </remarks>
internal sealed class DirtyLog
{
    private const int WordBits = 64;

    /// <summary>Words that are cleared at once: a GiB of RAM. vCPUs that fault wait for one such piece.</summary>
    private const int ClearedAtOnce = (int)((1UL << 30) / DirtyBitmap.PageSize / WordBits);

    private readonly KvmVm _vm;
    private readonly GuestMemory _memory;
    private readonly DirtyBitmap _devices;
    private readonly DirtyBitmap _guest;
    private bool _protectsByHand;

    /// <summary>Makes one that is off.</summary>
    /// <param name="vm">Has RAM's regions in memory slots, from 0 up in their order.</param>
    /// <param name="memory">The RAM.</param>
    public DirtyLog(KvmVm vm, GuestMemory memory)
    {
        (_vm, _memory) = (vm, memory);
        _devices = new DirtyBitmap(memory.Size);
        _guest = new DirtyBitmap(memory.Size);
    }

    /// <summary>Whether writes are logged.</summary>
    public bool IsOn { get; private set; }

    /// <summary>Logs all writes from now on, if it does not yet. Costs a grace period of the kernel, some 10 ms a region of RAM, for the caller.</summary>
    /// <exception cref="Host.HostException">KVM refuses: ENOMEM. Nothing is logged then.</exception>
    public void Start()
    {
        if (IsOn)
            return;
        _devices.Clear();
        _memory.StartRecording(_devices);
        try
        {
            _protectsByHand = _vm.TryProtectByHand();
            SetLogging(true);
        }
        catch
        {
            _memory.StopRecording();
            throw;
        }
        IsOn = true;
    }

    /// <summary>Takes out of the log what was written since the last time, and adds it to a bitmap.</summary>
    /// <param name="into">Covers all of RAM.</param>
    public void Harvest(DirtyBitmap into)
    {
        if (!IsOn)
            throw new InvalidOperationException("nothing is logged");
        _devices.MoveTo(into);
        Span<ulong> words = _guest.Words;
        for (int slot = 0; slot < _memory.Regions.Length; slot++)
        {
            // The first region ends at 3 GiB if there is another, so each begins with a word of its own.
            ulong pages = _memory.Regions[slot].Size / DirtyBitmap.PageSize;
            Span<ulong> own = words[..(int)((pages + WordBits - 1) / WordBits)];
            words = words[own.Length..];
            _vm.GetDirtyLog((uint)slot, own);
            if (_protectsByHand)
                Protect((uint)slot, own, pages);
        }
        into.Add(_guest);
    }

    /// <summary>Logs no more. As <see cref="Start"/>, it does not need the machine to be held.</summary>
    public void Stop()
    {
        if (!IsOn)
            return;
        IsOn = false;
        _memory.StopRecording();
        SetLogging(false);
    }

    private void Protect(uint slot, ReadOnlySpan<ulong> bits, ulong pages)
    {
        for (int at = 0; at < bits.Length; at += ClearedAtOnce)
        {
            ReadOnlySpan<ulong> piece = bits.Slice(at, Math.Min(ClearedAtOnce, bits.Length - at));
            ulong first = (ulong)at * WordBits;
            if (piece.ContainsAnyExcept(0UL))
                _vm.ClearDirtyLog(slot, first, (uint)Math.Min((ulong)piece.Length * WordBits, pages - first), piece);
        }
    }

    private void SetLogging(bool on)
    {
        int slot = 0;
        try
        {
            for (; slot < _memory.Regions.Length; slot++)
                _vm.SetDirtyLogging((uint)slot, _memory.Regions[slot], on);
        }
        catch when (on)
        {
            while (--slot >= 0)
                _vm.SetDirtyLogging((uint)slot, _memory.Regions[slot], false);
            throw;
        }
    }
}
