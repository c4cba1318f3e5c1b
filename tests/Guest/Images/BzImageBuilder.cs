using System.Buffers.Binary;

namespace Vmm.Tests.Guest.Images;

/// <summary>Builds a bzImage with a plausible setup header; tests then spoil single fields.</summary>
internal static class BzImageBuilder
{
    public const ulong PreferredAddress = 0x20_0000;
    public const uint InitSize = 0x10_0000;
    public const int SetupSectors = 2;
    public const int PayloadAt = (SetupSectors + 1) * 512;

    public static byte[] Build(Action<byte[]>? spoil = null, int payloadSize = 0x1000)
    {
        byte[] image = new byte[PayloadAt + payloadSize];
        for (int i = 0; i < payloadSize; i++)
            image[PayloadAt + i] = (byte)(i * 7);
        image[0x1F1] = SetupSectors;
        U32(image, 0x1F4, (uint)(payloadSize + 15) / 16);
        U16(image, 0x1FE, 0xAA55);
        image[0x200] = 0xEB;
        image[0x201] = 0x66;
        U32(image, 0x202, 0x5372_6448);
        U16(image, 0x206, 0x20F);
        image[0x211] = 1;
        U32(image, 0x214, 0x10_0000);
        U32(image, 0x22C, 0x7FFF_FFFF);
        U32(image, 0x230, 0x20_0000);
        image[0x234] = 1;
        U16(image, 0x236, 0x3);
        U32(image, 0x238, 2047);
        BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(0x258), PreferredAddress);
        U32(image, 0x260, InitSize);
        spoil?.Invoke(image);
        return image;
    }

    public static void U16(byte[] image, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(image.AsSpan(at), value);

    public static void U32(byte[] image, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(at), value);
}
