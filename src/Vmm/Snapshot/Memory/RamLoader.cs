using Vmm.Host;
using Vmm.Machine;

namespace Vmm.Snapshot.Memory;

/// <summary>Makes a guest's RAM from memory files: mapped, which takes no time, or read, which takes all of it at once.</summary>
internal static unsafe class RamLoader
{
    /// <summary>Newer files are mapped in so many pieces at most: a process has some 65000 mappings.</summary>
    private const int MostOverlays = 1024;

    /// <summary>A piece smaller than this is cheaper to copy than to map.</summary>
    private const ulong SmallestOverlay = 64 << 10;

    private const ulong ReadAtOnce = 64 << 20;

    /// <summary>Whether RAM of this kind can be mapped from a file.</summary>
    /// <param name="shared">Backed by a memfd.</param>
    /// <param name="hugepages">Of huge pages.</param>
    public static bool CanMap(bool shared, bool hugepages) => !shared && !hugepages;

    /// <summary>
    /// Maps the oldest file and lays the newer ones over it: large pieces mapped, small ones copied. Pages are read when they are
    /// touched, so the files must not be written, cut or removed from their storage while the machine lives; they may be closed.
    /// </summary>
    /// <exception cref="VmmException">It cannot be had.</exception>
    public static GuestRam Map(MemoryLayers layers)
    {
        GuestRam ram = GuestRam.Map(layers.File(0));
        try
        {
            int overlays = 0;
            for (int layer = 1; layer < layers.Count; layer++)
            {
                ulong from = 0;
                while (layers.Own(layer).TryTakeRun(ref from, out ulong start, out ulong length))
                {
                    if (length >= SmallestOverlay && overlays < MostOverlays && ram.TryOverlay(layers.File(layer), start, length))
                        overlays++;
                    else
                        Read(ram, layers.File(layer), start, length);
                }
            }
            return ram;
        }
        catch
        {
            ram.Dispose();
            throw;
        }
    }

    /// <summary>Reads the files into new RAM of any kind. Holes are left alone: they take no memory.</summary>
    /// <param name="layers">The files; not needed afterwards.</param>
    /// <param name="shared">Back it with a memfd.</param>
    /// <param name="hugepages">Back it with huge pages.</param>
    /// <param name="prefault">Take memory for the holes, too.</param>
    /// <param name="progress">Told how many bytes of RAM are done.</param>
    /// <exception cref="VmmException">It cannot be had.</exception>
    public static GuestRam Read(MemoryLayers layers, bool shared, bool hugepages, bool prefault, Action<ulong>? progress = null)
    {
        GuestRam ram = GuestRam.Create(layers.Size, shared, hugepages, prefault);
        try
        {
            ulong done = 0;
            for (int layer = 0; layer < layers.Count; layer++)
            {
                ulong from = 0;
                while (layers.Own(layer).TryTakeRun(ref from, out ulong start, out ulong length))
                {
                    ReadData(ram, layers.File(layer), start, length, done, progress);
                    done += length;
                }
            }
            return ram;
        }
        catch
        {
            ram.Dispose();
            throw;
        }
    }

    private static void ReadData(GuestRam ram, SparseFile file, ulong start, ulong length, ulong done, Action<ulong>? progress)
    {
        ulong end = start + length;
        for (ulong at = start; at < end;)
        {
            ulong dataEnd = file.FindData(at, end, out ulong data);
            for (at = data; at < dataEnd;)
            {
                ulong piece = Math.Min(ReadAtOnce, dataEnd - at);
                Read(ram, file, at, piece);
                at += piece;
                progress?.Invoke(done + (at - start));
            }
        }
        progress?.Invoke(done + length);
    }

    private static void Read(GuestRam ram, SparseFile file, ulong offset, ulong length)
    {
        for (ulong done = 0; done < length;)
        {
            int piece = (int)Math.Min(ReadAtOnce, length - done);
            file.Read(offset + done, new Span<byte>((byte*)ram.Start + offset + done, piece));
            done += (ulong)piece;
        }
    }
}
