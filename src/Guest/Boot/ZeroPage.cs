using System.Buffers.Binary;
using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>Linux's boot_params, filled in on the stack and written to the guest in one piece.</summary>
internal readonly ref struct ZeroPage
{
    private readonly Span<byte> _page;

    /// <summary>Starts from an empty page.</summary>
    /// <param name="page">4096 bytes; they are cleared.</param>
    public ZeroPage(Span<byte> page)
    {
        _page = page[..SetupHeader.ZeroPageSize];
        _page.Clear();
    }

    /// <summary>Takes over the setup header of an image.</summary>
    /// <param name="head">The first bytes of the image.</param>
    public void CopyHeader(ReadOnlySpan<byte> head)
    {
        int end = Math.Min(SetupHeader.HeaderMagic + head[SetupHeader.JumpLength], SetupHeader.End);
        head[SetupHeader.Start..Math.Min(end, head.Length)].CopyTo(_page[SetupHeader.Start..]);
        SetLoader((byte)(head[SetupHeader.LoadFlags] & ~SetupHeader.CAN_USE_HEAP));
    }

    /// <summary>Makes up the header that a vmlinux, which has none, expects to find.</summary>
    public void MakeHeader()
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_page[SetupHeader.BootFlag..], SetupHeader.BootFlagValue);
        BinaryPrimitives.WriteUInt32LittleEndian(_page[SetupHeader.HeaderMagic..], SetupHeader.MagicValue);
        BinaryPrimitives.WriteUInt16LittleEndian(_page[SetupHeader.ProtocolVersion..], SetupHeader.Version212);
        BinaryPrimitives.WriteUInt32LittleEndian(_page[SetupHeader.CommandLineSize..], KernelCommandLine.LinuxLimit);
        SetLoader(SetupHeader.LOADED_HIGH);
    }

    /// <summary>Says where the command line is.</summary>
    public void SetCommandLine(GuestAddress address)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_page[SetupHeader.CommandLinePointer..], (uint)address.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(_page[SetupHeader.ExtCommandLinePointer..], (uint)(address.Value >> 32));
    }

    /// <summary>Says where the initrd is.</summary>
    public void SetInitrd(GuestAddress address, ulong size)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_page[SetupHeader.RamdiskImage..], (uint)address.Value);
        BinaryPrimitives.WriteUInt32LittleEndian(_page[SetupHeader.ExtRamdiskImage..], (uint)(address.Value >> 32));
        BinaryPrimitives.WriteUInt32LittleEndian(_page[SetupHeader.RamdiskSize..], (uint)size);
        BinaryPrimitives.WriteUInt32LittleEndian(_page[SetupHeader.ExtRamdiskSize..], (uint)(size >> 32));
    }

    /// <summary>Says where the protected-mode code was put.</summary>
    public void SetCode32Start(GuestAddress address) =>
        BinaryPrimitives.WriteUInt32LittleEndian(_page[SetupHeader.Code32Start..], (uint)address.Value);

    /// <summary>Says where the RSDP is.</summary>
    public void SetRsdp(GuestAddress address) =>
        BinaryPrimitives.WriteUInt64LittleEndian(_page[SetupHeader.AcpiRsdpAddress..], address.Value);

    /// <summary>Lists the memory map.</summary>
    public void SetMemoryMap(IReadOnlyList<E820Entry> map)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(map.Count, SetupHeader.E820MaximumEntries);
        _page[SetupHeader.E820Entries] = (byte)map.Count;
        for (int i = 0; i < map.Count; i++)
        {
            Span<byte> entry = _page.Slice(SetupHeader.E820Table + (i * SetupHeader.E820EntrySize), SetupHeader.E820EntrySize);
            BinaryPrimitives.WriteUInt64LittleEndian(entry, map[i].Start);
            BinaryPrimitives.WriteUInt64LittleEndian(entry[8..], map[i].Size);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[16..], (uint)map[i].Type);
        }
    }

    /// <summary>Writes the page to a place that was claimed for it.</summary>
    public void Write(GuestMemory memory, GuestAddress address)
    {
        if (!memory.TryWrite(address, _page))
            throw new ArgumentOutOfRangeException(nameof(address), $"no RAM for the zero page at {address}");
    }

    private void SetLoader(byte loadFlags)
    {
        _page[SetupHeader.TypeOfLoader] = SetupHeader.LoaderUndefined;
        _page[SetupHeader.LoadFlags] = loadFlags;
        BinaryPrimitives.WriteUInt16LittleEndian(_page[SetupHeader.VideoMode..], SetupHeader.VideoNormal);
    }
}
