using System.Buffers.Binary;
using Vmm.Devices.Virtio.Spec;

namespace Vmm.Devices.Virtio.Balloon;

/// <summary>A balloon's configuration space: what the host wishes, and what the driver says. Virtio 1.2, 5.5.4.</summary>
internal sealed class BalloonConfig
{
    private readonly byte[] _bytes = new byte[BalloonDevice.ConfigSize];

    /// <summary>As the driver reads it.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>How many pages the balloon shall hold: num_pages.</summary>
    public uint Target
    {
        get => Field(BalloonDevice.ConfigNumPages);
        set => BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(BalloonDevice.ConfigNumPages), value);
    }

    /// <summary>How many it holds, as the driver says: any number at all.</summary>
    public uint Actual => Field(BalloonDevice.ConfigActual);

    /// <summary>What free pages are filled with.</summary>
    public uint PoisonValue => Field(BalloonDevice.ConfigPoisonValue);

    /// <summary>Sets the driver's fields to what its driver wrote when it was another's.</summary>
    public void Restore(uint actual, uint poison)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(BalloonDevice.ConfigActual), actual);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(BalloonDevice.ConfigPoisonValue), poison);
    }

    /// <summary>The driver writes; only to the fields that are its own, the rest is dropped.</summary>
    public void Write(int offset, ReadOnlySpan<byte> data)
    {
        for (int i = 0; i < data.Length; i++)
        {
            if (IsDrivers(offset + i))
                _bytes[offset + i] = data[i];
        }
    }

    /// <summary>Back to power-on: what the host wishes stays.</summary>
    public void Reset()
    {
        _bytes.AsSpan(BalloonDevice.ConfigActual, BalloonDevice.ConfigFieldSize).Clear();
        _bytes.AsSpan(BalloonDevice.ConfigPoisonValue, BalloonDevice.ConfigFieldSize).Clear();
    }

    private static bool IsDrivers(int offset) =>
        offset is (>= BalloonDevice.ConfigActual and < BalloonDevice.ConfigActual + BalloonDevice.ConfigFieldSize)
            or (>= BalloonDevice.ConfigPoisonValue and < BalloonDevice.ConfigPoisonValue + BalloonDevice.ConfigFieldSize);

    private uint Field(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_bytes.AsSpan(offset));
}
