using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>Reads an image and turns every way that can go wrong into a <see cref="BootException"/>.</summary>
internal readonly unsafe struct ImageReader(IImageSource source)
{
    /// <summary>The most one read asks for: spans are counted in int.</summary>
    private const int LargestRead = 1 << 30;

    /// <summary>The image's name, for messages.</summary>
    public string Name => source.Name;

    /// <summary>Its length when opened.</summary>
    public ulong Length => source.Length;

    /// <summary>An exception about this image.</summary>
    public BootException Fault(string problem) => new(source.Name, problem);

    /// <summary>Whether <paramref name="size"/> bytes from <paramref name="offset"/> lie inside the image.</summary>
    public bool Holds(ulong offset, ulong size) => size <= Length && offset <= Length - size;

    /// <summary>Reads a small structure whole.</summary>
    public void Read(ulong offset, Span<byte> destination, string what)
    {
        if (!Holds(offset, (ulong)destination.Length))
            throw Fault($"{what} at offset 0x{offset:x} ends past the end of the file (0x{Length:x} bytes)");
        if (ReadUpTo(offset, destination) < destination.Length)
            throw Shrank(what);
    }

    /// <summary>Reads as much as there is, at most what fits.</summary>
    public int ReadUpTo(ulong offset, Span<byte> destination)
    {
        int done = 0;
        while (done < destination.Length)
        {
            int count = source.Read(offset + (ulong)done, destination[done..]);
            if (count <= 0)
                break;
            done += count;
        }
        return done;
    }

    /// <summary>Reads a large part straight into guest RAM, which the caller has checked to be RAM.</summary>
    public void Load(GuestMemory memory, GuestAddress address, ulong offset, ulong size, string what)
    {
        if (!Holds(offset, size))
            throw Fault($"{what}: 0x{size:x} bytes at offset 0x{offset:x} end past the end of the file (0x{Length:x} bytes)");
        while (size > 0)
        {
            ulong run = memory.GetRun(address, size, out nint host);
            if (run == 0)
                throw Fault($"{what}: guest address {address} is not RAM");
            int count = source.Read(offset, new Span<byte>((void*)host, (int)Math.Min(run, LargestRead)));
            if (count <= 0)
                throw Shrank(what);
            offset += (ulong)count;
            size -= (ulong)count;
            address += (ulong)count;
        }
    }

    private BootException Shrank(string what) => Fault($"{what}: the file became shorter than 0x{Length:x} bytes while it was read");
}
