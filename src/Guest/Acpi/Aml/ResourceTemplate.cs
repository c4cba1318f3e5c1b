namespace Vmm.Guest.Acpi.Aml;

/// <summary>Collects resource descriptors (ACPI 6.5, 6.4).</summary>
internal sealed class ResourceTemplate
{
    // small descriptors, 6.4.2
    private const byte IoPort = 0x47;
    private const byte EndTag = 0x79;

    // large descriptors, 6.4.3
    private const byte FixedMemory32 = 0x86;
    private const byte DWordAddressSpace = 0x87;
    private const byte WordAddressSpace = 0x88;
    private const byte ExtendedInterrupt = 0x89;
    private const byte QWordAddressSpace = 0x8A;

    private const byte Decode16 = 1;
    private const byte ReadWrite = 1;
    private const byte MemoryType = 0;
    private const byte BusNumberType = 2;

    /// <summary>6.4.3.5: minimum and maximum fixed, positively decoded, handed on to children.</summary>
    private const byte ProducedFixedRange = 0x0C;

    /// <summary>6.4.3.5.5: read-write; cacheability as the page tables say.</summary>
    private const byte MemoryReadWrite = 0x01;

    private const byte MemoryCacheable = 0x02;

    /// <summary>6.4.3.6: consumed here, edge-triggered, active high, not shared.</summary>
    private const byte ConsumedEdgeHigh = 0x03;

    private readonly TableBuffer _bytes = new();

    /// <summary><c>IO (Decode16, port, port, 1, length)</c>.</summary>
    public ResourceTemplate Io(ushort port, byte length)
    {
        _bytes.U8(IoPort);
        _bytes.U8(Decode16);
        _bytes.U16(port);
        _bytes.U16(port);
        _bytes.U8(1);
        _bytes.U8(length);
        return this;
    }

    /// <summary><c>Memory32Fixed (ReadWrite, start, length)</c>.</summary>
    public ResourceTemplate Memory32(uint start, uint length)
    {
        _bytes.U8(FixedMemory32);
        _bytes.U16(9);
        _bytes.U8(ReadWrite);
        _bytes.U32(start);
        _bytes.U32(length);
        return this;
    }

    /// <summary><c>Interrupt (ResourceConsumer, Edge, ActiveHigh, Exclusive) { gsi }</c>.</summary>
    public ResourceTemplate Interrupt(uint gsi)
    {
        _bytes.U8(ExtendedInterrupt);
        _bytes.U16(6);
        _bytes.U8(ConsumedEdgeHigh);
        _bytes.U8(1);
        _bytes.U32(gsi);
        return this;
    }

    /// <summary><c>WordBusNumber</c>: buses from 0.</summary>
    public ResourceTemplate Buses(int count)
    {
        _bytes.U8(WordAddressSpace);
        _bytes.U16(13);
        _bytes.U8(BusNumberType);
        _bytes.U8(ProducedFixedRange);
        _bytes.U8(0);
        _bytes.U16(0);
        _bytes.U16(0);
        _bytes.U16((ushort)(count - 1));
        _bytes.U16(0);
        _bytes.U16((ushort)count);
        return this;
    }

    /// <summary><c>DWordMemory</c>: a window for children, not cached.</summary>
    public ResourceTemplate Window32(uint start, uint length)
    {
        _bytes.U8(DWordAddressSpace);
        _bytes.U16(23);
        _bytes.U8(MemoryType);
        _bytes.U8(ProducedFixedRange);
        _bytes.U8(MemoryReadWrite);
        _bytes.U32(0);
        _bytes.U32(start);
        _bytes.U32(start + (length - 1));
        _bytes.U32(0);
        _bytes.U32(length);
        return this;
    }

    /// <summary><c>QWordMemory</c>: a window for children.</summary>
    public ResourceTemplate Window64(ulong start, ulong length)
    {
        _bytes.U8(QWordAddressSpace);
        _bytes.U16(43);
        _bytes.U8(MemoryType);
        _bytes.U8(ProducedFixedRange);
        _bytes.U8(MemoryReadWrite | MemoryCacheable);
        _bytes.U64(0);
        _bytes.U64(start);
        _bytes.U64(start + (length - 1));
        _bytes.U64(0);
        _bytes.U64(length);
        return this;
    }

    /// <summary>Ends the template (checksum 0 means it is not checked) and gives its bytes.</summary>
    public ReadOnlySpan<byte> Close()
    {
        _bytes.U8(EndTag);
        _bytes.U8(0);
        return _bytes.Written;
    }
}
