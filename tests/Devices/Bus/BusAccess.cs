using System.Buffers.Binary;
using Vmm.Devices.Bus;

namespace Vmm.Tests.Devices.Bus;

/// <summary>Register accesses as a guest's instructions make them.</summary>
internal static class BusAccess
{
    public static byte In8(this IBusDevice device, ulong offset)
    {
        Span<byte> data = stackalloc byte[1];
        device.Read(offset, data);
        return data[0];
    }

    public static ushort In16(this IBusDevice device, ulong offset)
    {
        Span<byte> data = stackalloc byte[2];
        device.Read(offset, data);
        return BinaryPrimitives.ReadUInt16LittleEndian(data);
    }

    public static uint In32(this IBusDevice device, ulong offset)
    {
        Span<byte> data = stackalloc byte[4];
        device.Read(offset, data);
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    public static ulong In64(this IBusDevice device, ulong offset)
    {
        Span<byte> data = stackalloc byte[8];
        device.Read(offset, data);
        return BinaryPrimitives.ReadUInt64LittleEndian(data);
    }

    public static void Out8(this IBusDevice device, ulong offset, byte value) => device.Write(offset, [value]);

    public static void Out16(this IBusDevice device, ulong offset, ushort value)
    {
        Span<byte> data = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(data, value);
        device.Write(offset, data);
    }

    public static void Out32(this IBusDevice device, ulong offset, uint value)
    {
        Span<byte> data = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(data, value);
        device.Write(offset, data);
    }

    public static void Out64(this IBusDevice device, ulong offset, ulong value)
    {
        Span<byte> data = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(data, value);
        device.Write(offset, data);
    }
}
