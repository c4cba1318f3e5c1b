namespace Vmm.Guest.Acpi.Aml;

/// <summary>Byte values of the ACPI machine language, ACPI 6.5, 20.2 and 20.3.</summary>
internal static class AmlOpcode
{
    public const byte Zero = 0x00;
    public const byte One = 0x01;
    public const byte Name = 0x08;
    public const byte BytePrefix = 0x0A;
    public const byte WordPrefix = 0x0B;
    public const byte DWordPrefix = 0x0C;
    public const byte StringPrefix = 0x0D;
    public const byte QWordPrefix = 0x0E;
    public const byte Scope = 0x10;
    public const byte Buffer = 0x11;
    public const byte Package = 0x12;
    public const byte Method = 0x14;
    public const byte DualNamePrefix = 0x2E;
    public const byte MultiNamePrefix = 0x2F;
    public const byte ExtendedPrefix = 0x5B;
    public const byte RootPrefix = (byte)'\\';
    public const byte Local0 = 0x60;
    public const byte Arg3 = 0x6B;
    public const byte Store = 0x70;
    public const byte And = 0x7B;
    public const byte Notify = 0x86;
    public const byte If = 0xA0;
    public const byte Return = 0xA4;

    // after ExtendedPrefix
    public const byte OperationRegion = 0x80;
    public const byte Field = 0x81;
    public const byte Device = 0x82;
}
