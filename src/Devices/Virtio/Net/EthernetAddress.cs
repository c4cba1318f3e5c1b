using System.Buffers.Binary;
using System.Globalization;

namespace Vmm.Devices.Virtio.Net;

/// <summary>The address of an Ethernet card.</summary>
/// <param name="Value">Its 48 bits, the first byte of the wire at the top.</param>
public readonly record struct EthernetAddress(ulong Value)
{
    /// <summary>Bytes in one.</summary>
    public const int Size = 6;

    /// <summary>The address of everybody.</summary>
    public static readonly EthernetAddress Broadcast = new(0xffff_ffff_ffff);

    /// <summary>Whether it names a group of cards: the lowest bit of the first byte (IEEE 802, 8.2.2).</summary>
    public bool IsMulticast => (Value >> 40 & 1) != 0;

    /// <summary>Reads six bytes in the order of the wire.</summary>
    public static EthernetAddress Read(ReadOnlySpan<byte> bytes) =>
        new((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 32 | BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]));

    /// <summary>Writes six bytes in the order of the wire.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(Value >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)Value);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Value >> 40 & 0xff:x2}:{Value >> 32 & 0xff:x2}:{Value >> 24 & 0xff:x2}:{Value >> 16 & 0xff:x2}:{Value >> 8 & 0xff:x2}:{Value & 0xff:x2}");
}
