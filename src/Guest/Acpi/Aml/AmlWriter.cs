namespace Vmm.Guest.Acpi.Aml;

/// <summary>Writes the ACPI machine language, term by term (ACPI 6.5, 20.2). Blocks are closed by disposing what opened them.</summary>
internal sealed class AmlWriter(TableBuffer buffer)
{
    private const int NameLength = 4;
    private const byte Serialized = 1 << 3;
    private const byte SystemIoSpace = 1;
    private const byte ByteAccess = 1;

    /// <summary>The largest length that one byte holds (ACPI 6.5, 20.2.4).</summary>
    private const int ShortLength = 0x3F;

    /// <summary>Opens <c>Scope (path)</c>.</summary>
    public AmlBlock Scope(string path)
    {
        buffer.U8(AmlOpcode.Scope);
        var block = new AmlBlock(this, buffer.Length);
        Path(path);
        return block;
    }

    /// <summary>Opens <c>Device (name)</c>.</summary>
    public AmlBlock Device(string name)
    {
        buffer.U8(AmlOpcode.ExtendedPrefix);
        buffer.U8(AmlOpcode.Device);
        var block = new AmlBlock(this, buffer.Length);
        Path(name);
        return block;
    }

    /// <summary>Opens <c>Method (name, arguments, Serialized)</c>.</summary>
    public AmlBlock Method(string name, int arguments)
    {
        buffer.U8(AmlOpcode.Method);
        var block = new AmlBlock(this, buffer.Length);
        Path(name);
        buffer.U8((byte)(arguments | Serialized));
        return block;
    }

    /// <summary>Opens <c>If (Local0 &amp; mask)</c>.</summary>
    public AmlBlock IfLocal0Has(byte mask)
    {
        buffer.U8(AmlOpcode.If);
        var block = new AmlBlock(this, buffer.Length);
        buffer.U8(AmlOpcode.And);
        buffer.U8(AmlOpcode.Local0);
        Integer(mask);
        buffer.U8(AmlOpcode.Zero); // no target
        return block;
    }

    /// <summary>Opens a package of <paramref name="count"/> elements.</summary>
    public AmlBlock Package(int count)
    {
        buffer.U8(AmlOpcode.Package);
        var block = new AmlBlock(this, buffer.Length);
        buffer.U8((byte)count);
        return block;
    }

    /// <summary>Begins <c>Name (name, …)</c>; the value follows.</summary>
    public void Name(string name)
    {
        buffer.U8(AmlOpcode.Name);
        Path(name);
    }

    /// <summary><c>Name (name, value)</c>.</summary>
    public void Name(string name, ulong value)
    {
        Name(name);
        Integer(value);
    }

    /// <summary><c>Name (name, "text")</c>.</summary>
    public void Name(string name, string text)
    {
        Name(name);
        String(text);
    }

    /// <summary><c>Name (name, EisaId ("PNP0501"))</c>.</summary>
    public void NameEisaId(string name, string id) => Name(name, EisaId(id));

    /// <summary><c>Name (_CRS, ResourceTemplate () {…})</c>.</summary>
    public void Resources(ResourceTemplate resources)
    {
        Name("_CRS");
        ReadOnlySpan<byte> bytes = resources.Close();
        buffer.U8(AmlOpcode.Buffer);
        using (new AmlBlock(this, buffer.Length))
        {
            Integer((ulong)bytes.Length);
            buffer.Bytes(bytes);
        }
    }

    /// <summary>An integer in its shortest form (20.2.3).</summary>
    public void Integer(ulong value)
    {
        switch (value)
        {
            case 0:
                buffer.U8(AmlOpcode.Zero);
                break;
            case 1:
                buffer.U8(AmlOpcode.One);
                break;
            case <= byte.MaxValue:
                buffer.U8(AmlOpcode.BytePrefix);
                buffer.U8((byte)value);
                break;
            case <= ushort.MaxValue:
                buffer.U8(AmlOpcode.WordPrefix);
                buffer.U16((ushort)value);
                break;
            case <= uint.MaxValue:
                buffer.U8(AmlOpcode.DWordPrefix);
                buffer.U32((uint)value);
                break;
            default:
                buffer.U8(AmlOpcode.QWordPrefix);
                buffer.U64(value);
                break;
        }
    }

    /// <summary>A string constant.</summary>
    public void String(string text)
    {
        buffer.U8(AmlOpcode.StringPrefix);
        buffer.Ascii(text);
        buffer.U8(0);
    }

    /// <summary>A name or a path: <c>PCI0</c>, <c>\_SB.PWRB</c> (20.2.2). Short names are filled up with underscores.</summary>
    public void Path(string path)
    {
        ReadOnlySpan<char> rest = path;
        if (rest.StartsWith('\\'))
        {
            buffer.U8(AmlOpcode.RootPrefix);
            rest = rest[1..];
        }
        int segments = rest.Count('.') + 1;
        if (segments == 2)
            buffer.U8(AmlOpcode.DualNamePrefix);
        if (segments > 2)
        {
            buffer.U8(AmlOpcode.MultiNamePrefix);
            buffer.U8((byte)segments);
        }
        foreach (Range segment in rest.Split('.'))
            Segment(rest[segment]);
    }

    /// <summary><c>OperationRegion (name, SystemIO, port, length)</c> with <c>Field (name, ByteAcc) { field, 8 }</c> over its first byte.</summary>
    public void IoByteField(string region, ushort port, byte length, string field)
    {
        buffer.U8(AmlOpcode.ExtendedPrefix);
        buffer.U8(AmlOpcode.OperationRegion);
        Path(region);
        buffer.U8(SystemIoSpace);
        Integer(port);
        Integer(length);
        buffer.U8(AmlOpcode.ExtendedPrefix);
        buffer.U8(AmlOpcode.Field);
        using (new AmlBlock(this, buffer.Length))
        {
            Path(region);
            buffer.U8(ByteAccess);
            Segment(field);
            buffer.U8(8); // bits, in the form of a package length
        }
    }

    /// <summary><c>Local0 = name</c>.</summary>
    public void StoreToLocal0(string name)
    {
        buffer.U8(AmlOpcode.Store);
        Path(name);
        buffer.U8(AmlOpcode.Local0);
    }

    /// <summary><c>Notify (path, value)</c>.</summary>
    public void Notify(string path, byte value)
    {
        buffer.U8(AmlOpcode.Notify);
        Path(path);
        Integer(value);
    }

    /// <summary><c>Return (Arg3)</c>.</summary>
    public void ReturnArg3()
    {
        buffer.U8(AmlOpcode.Return);
        buffer.U8(AmlOpcode.Arg3);
    }

    /// <summary>Puts the length in front of a block's content. The length counts itself (20.2.4).</summary>
    internal void Close(int start)
    {
        int content = buffer.Length - start;
        if (content + 1 <= ShortLength)
        {
            buffer.Insert(start, 1)[0] = (byte)(content + 1);
            return;
        }
        int following = content + 2 < 1 << 12 ? 1 : content + 3 < 1 << 20 ? 2 : 3;
        int length = content + 1 + following;
        Span<byte> encoded = buffer.Insert(start, 1 + following);
        encoded[0] = (byte)((following << 6) | (length & 0xF));
        for (int i = 1; i <= following; i++)
            encoded[i] = (byte)(length >> (4 + ((i - 1) * 8)));
    }

    /// <summary>Three letters and four hexadecimal digits as a compressed id (ACPI 6.5, 19.6.36), big-endian by bytes.</summary>
    private static uint EisaId(string id)
    {
        uint letters = ((uint)(id[0] - '@') << 10) | ((uint)(id[1] - '@') << 5) | (uint)(id[2] - '@');
        uint value = (letters << 16) | ushort.Parse(id.AsSpan(3), System.Globalization.NumberStyles.HexNumber);
        return System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(value);
    }

    private void Segment(ReadOnlySpan<char> name)
    {
        for (int i = 0; i < NameLength; i++)
            buffer.U8(i < name.Length ? (byte)name[i] : (byte)'_');
    }
}
