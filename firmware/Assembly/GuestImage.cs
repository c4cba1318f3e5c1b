namespace Vmm.Firmware.Assembly;

/// <summary>A guest assembled: its sections by rising load address, and where a VMM enters it.</summary>
public sealed class GuestImage
{
    internal GuestImage(ulong entryPoint, IReadOnlyList<ImageSection> sections)
    {
        EntryPoint = entryPoint;
        Sections = sections;
    }

    /// <summary>Guest-physical address of the first instruction; 32-bit protected mode without paging, as PVH has it.</summary>
    public ulong EntryPoint { get; }

    /// <summary>The pieces, by rising load address, not overlapping.</summary>
    public IReadOnlyList<ImageSection> Sections { get; }

    /// <summary>The lowest load address: where <see cref="ToFlatBinary"/> has to be put.</summary>
    public ulong LoadAddress => Sections[0].LoadAddress;

    /// <summary>The image as bytes without any header, gaps filled with zeros.</summary>
    public byte[] ToFlatBinary()
    {
        ImageSection last = Sections[^1];
        byte[] flat = new byte[(int)(last.LoadAddress - LoadAddress) + last.Bytes.Length];
        foreach (ImageSection section in Sections)
            section.Bytes.CopyTo(flat.AsMemory((int)(section.LoadAddress - LoadAddress)));
        return flat;
    }

    /// <summary>The image as an ELF64 file with the Xen note, which every VMM that knows PVH boots.</summary>
    public byte[] ToPvhElf() => PvhElf.Write(this);
}
