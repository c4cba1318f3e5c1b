using System.Buffers.Binary;
using Vmm.Devices.Pci.Spec;

namespace Vmm.Devices.Pci;

/// <summary>
/// A function's configuration registers: bytes, and for each byte the bits that the guest may change. Everything else
/// is read-only to the guest and set by the model. Callers serialise (the bus has a lock).
/// </summary>
public sealed class PciConfigSpace
{
    private readonly byte[] _bytes;
    private readonly byte[] _writable;
    private byte[] _powerOn;
    private int _lastCapability;
    private int _free = PciRegister.HeaderEnd;

    /// <summary>Makes a space of zeros, all read-only.</summary>
    /// <param name="size"><see cref="PciRegister.ConventionalSize"/> or <see cref="PciRegister.ExtendedSize"/>.</param>
    public PciConfigSpace(int size)
    {
        if (size is not (PciRegister.ConventionalSize or PciRegister.ExtendedSize))
            throw new ArgumentOutOfRangeException(nameof(size), size, "a configuration space has 256 or 4096 bytes");
        _bytes = new byte[size];
        _writable = new byte[size];
        _powerOn = new byte[size];
    }

    /// <summary>Length in bytes.</summary>
    public int Size => _bytes.Length;

    /// <summary>The guest reads. Past the end everything is all-ones.</summary>
    public void Read(int offset, Span<byte> data)
    {
        if (Contains(offset, data.Length))
            _bytes.AsSpan(offset, data.Length).CopyTo(data);
        else
            data.Fill(0xff);
    }

    /// <summary>The guest writes; only writable bits change. Past the end nothing does.</summary>
    public void Write(int offset, ReadOnlySpan<byte> data)
    {
        if (!Contains(offset, data.Length))
            return;
        for (int i = 0; i < data.Length; i++)
        {
            byte mask = _writable[offset + i];
            _bytes[offset + i] = (byte)((_bytes[offset + i] & ~mask) | (data[i] & mask));
        }
    }

    /// <summary>The model's view of a byte.</summary>
    public byte this[int offset]
    {
        get => _bytes[offset];
        set => _bytes[offset] = value;
    }

    /// <summary>The model reads 16 bits.</summary>
    public ushort ReadUInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_bytes.AsSpan(offset));

    /// <summary>The model reads 32 bits.</summary>
    public uint ReadUInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));

    /// <summary>The model sets 16 bits, read-only or not.</summary>
    public void SetUInt16(int offset, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(offset), value);

    /// <summary>The model sets 32 bits, read-only or not.</summary>
    public void SetUInt32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(offset), value);

    /// <summary>Lets the guest change bits of a byte.</summary>
    public void AllowUInt8(int offset, byte mask) => _writable[offset] |= mask;

    /// <summary>Lets the guest change bits of a 16-bit register.</summary>
    public void AllowUInt16(int offset, ushort mask)
    {
        AllowUInt8(offset, (byte)mask);
        AllowUInt8(offset + 1, (byte)(mask >> 8));
    }

    /// <summary>Lets the guest change bits of a 32-bit register.</summary>
    public void AllowUInt32(int offset, uint mask)
    {
        AllowUInt16(offset, (ushort)mask);
        AllowUInt16(offset + 2, (ushort)(mask >> 16));
    }

    /// <summary>Appends a capability to the list (PCI Local Bus 3.0, 6.7).</summary>
    /// <param name="id">See <see cref="PciCapabilityId"/>.</param>
    /// <param name="body">What follows identifier and next pointer; read-only until allowed.</param>
    /// <returns>The offset of the capability's identifier.</returns>
    public int AddCapability(byte id, ReadOnlySpan<byte> body)
    {
        int offset = _free;
        if (body.Length > PciRegister.ConventionalSize - PciCapabilityId.Body - offset)
            throw new InvalidOperationException($"no room for capability 0x{id:x2}: {body.Length} bytes from 0x{offset:x2}");
        _bytes[offset + PciCapabilityId.Id] = id;
        body.CopyTo(_bytes.AsSpan(offset + PciCapabilityId.Body));
        _bytes[_lastCapability == 0 ? PciRegister.CapabilityPointer : _lastCapability + PciCapabilityId.Next] = (byte)offset;
        SetUInt16(PciRegister.Status, (ushort)(ReadUInt16(PciRegister.Status) | PciStatus.CapabilityList));

        _lastCapability = offset;
        int end = offset + PciCapabilityId.Body + body.Length;
        _free = (end + PciCapabilityId.Alignment - 1) & -PciCapabilityId.Alignment;
        return offset;
    }

    /// <summary>All of it.</summary>
    internal byte[] ToArray() => [.. _bytes];

    /// <summary>Where two copies of it differ in a bit that the guest cannot change; -1 when they do not.</summary>
    internal int FindReadOnlyDifference(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        for (int i = 0; i < _writable.Length; i++)
        {
            if (((one[i] ^ other[i]) & ~_writable[i]) != 0)
                return i;
        }
        return -1;
    }

    /// <summary>Takes over saved bytes, which have been compared.</summary>
    internal void Load(ReadOnlySpan<byte> bytes) => bytes.CopyTo(_bytes);

    /// <summary>Takes the present state as what a reset returns to.</summary>
    internal void RememberPowerOn() => _powerOn = [.. _bytes];

    /// <summary>Returns to the state at power-on.</summary>
    internal void Reset() => _powerOn.CopyTo(_bytes, 0);

    private bool Contains(int offset, int length) => (uint)offset < (uint)Size && length <= Size - offset;
}
