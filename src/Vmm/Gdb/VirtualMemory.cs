using Vmm.Gdb.Breakpoints;
using Vmm.Guest.Memory;
using Vmm.Inspect;
using Vmm.Kvm;

namespace Vmm.Gdb;

/// <summary>Memory as a vCPU sees it: through the guest's page tables, page by page. Only RAM: a look at a device's registers would change it.</summary>
/// <param name="ram">The guest's RAM, which marks what is written.</param>
/// <param name="breakpoints">What of it is ours.</param>
internal sealed class VirtualMemory(GuestMemory ram, SoftwareBreakpoints breakpoints)
{
    /// <summary>Reads, as far as it is mapped to RAM.</summary>
    /// <returns>How many bytes.</returns>
    public int Read(KvmVcpu vcpu, ulong linear, Span<byte> data)
    {
        int done = 0;
        while (done < data.Length && TryMap(vcpu, linear, done, data.Length, out GuestAddress physical, out int run))
        {
            Span<byte> part = data.Slice(done, run);
            if (!ram.TryRead(physical, part))
                break;
            breakpoints.Hide(physical, part);
            done += run;
        }
        return done;
    }

    /// <summary>Writes all of it, or nothing.</summary>
    /// <returns>False when a part of it is not mapped to RAM.</returns>
    public bool TryWrite(KvmVcpu vcpu, ulong linear, ReadOnlySpan<byte> data)
    {
        List<(GuestAddress Physical, int Start, int Length)> runs = [];
        for (int done = 0; done < data.Length;)
        {
            if (!TryMap(vcpu, linear, done, data.Length, out GuestAddress physical, out int run) || !ram.Contains(physical, (ulong)run))
                return false;
            runs.Add((physical, done, run));
            done += run;
        }
        foreach ((GuestAddress physical, int start, int length) in runs)
        {
            byte[] part = data.Slice(start, length).ToArray();
            breakpoints.Keep(physical, part);
            if (!ram.TryWrite(physical, part))
                return false;
        }
        return true;
    }

    /// <summary>Where the next bytes are, up to the end of their page; false when they are not mapped, or the address would wrap.</summary>
    private bool TryMap(KvmVcpu vcpu, ulong linear, int done, int length, out GuestAddress physical, out int run)
    {
        (physical, run) = (default, 0);
        if ((ulong)done > ulong.MaxValue - linear)
            return false;
        ulong at = linear + (ulong)done;
        if (!GuestTranslation.TryTranslate(vcpu, ram, at, out physical))
            return false;
        run = (int)Math.Min((ulong)(length - done), MemoryLayout.PageSize - at % MemoryLayout.PageSize);
        return true;
    }
}
