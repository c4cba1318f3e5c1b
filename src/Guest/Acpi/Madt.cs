using Vmm.Guest.Memory;

namespace Vmm.Guest.Acpi;

/// <summary>Multiple APIC description table, ACPI 6.5, 5.2.12.</summary>
internal static class Madt
{
    private const byte Revision = 6;

    /// <summary>There are also two 8259s, which an OS must mask (5.2.12, flags).</summary>
    private const uint PcAtCompatible = 1;

    private const uint Enabled = 1;

    // structure types and lengths, ACPI 6.5, table 5.21 and the sections it names
    private const byte LocalApic = 0;
    private const byte LocalApicLength = 8;
    private const byte IoApic = 1;
    private const byte IoApicLength = 12;
    private const byte InterruptOverride = 2;
    private const byte InterruptOverrideLength = 10;
    private const byte LocalApicNmi = 4;
    private const byte LocalApicNmiLength = 6;
    private const byte LocalX2Apic = 9;
    private const byte LocalX2ApicLength = 16;
    private const byte LocalX2ApicNmi = 10;
    private const byte LocalX2ApicNmiLength = 12;

    /// <summary>Ids from here on need the x2APIC structure: 255 is the broadcast.</summary>
    private const uint FirstX2ApicOnlyId = 255;

    private const byte AllProcessors = 0xFF;
    private const uint AllX2Processors = 0xFFFF_FFFF;
    private const byte NmiInput = 1;

    /// <summary>Appends the table.</summary>
    public static int Write(TableBuffer buffer, AcpiMachine machine)
    {
        int start = buffer.BeginTable("APIC"u8, Revision);
        buffer.U32((uint)MemoryLayout.LocalApicStart);
        buffer.U32(PcAtCompatible);
        bool needsX2Apic = false;
        for (int i = 0; i < machine.ApicIds.Count; i++)
        {
            uint id = machine.ApicIds[i];
            needsX2Apic |= id >= FirstX2ApicOnlyId;
            WriteProcessor(buffer, (uint)i, id);
        }
        WriteIoApic(buffer);
        if (machine.TimerGsi != 0)
            WriteOverride(buffer, source: 0, machine.TimerGsi);
        WriteNmi(buffer, needsX2Apic);
        buffer.EndTable(start);
        return start;
    }

    private static void WriteProcessor(TableBuffer buffer, uint uid, uint apicId)
    {
        if (apicId >= FirstX2ApicOnlyId || uid >= AllProcessors)
        {
            buffer.U8(LocalX2Apic);
            buffer.U8(LocalX2ApicLength);
            buffer.U16(0);
            buffer.U32(apicId);
            buffer.U32(Enabled);
            buffer.U32(uid);
            return;
        }
        buffer.U8(LocalApic);
        buffer.U8(LocalApicLength);
        buffer.U8((byte)uid);
        buffer.U8((byte)apicId);
        buffer.U32(Enabled);
    }

    private static void WriteIoApic(TableBuffer buffer)
    {
        buffer.U8(IoApic);
        buffer.U8(IoApicLength);
        buffer.U8(0);                               // id: that of KVM's after reset
        buffer.U8(0);
        buffer.U32((uint)MemoryLayout.IoApicStart);
        buffer.U32(0);                              // first interrupt
    }

    private static void WriteOverride(TableBuffer buffer, byte source, uint gsi)
    {
        buffer.U8(InterruptOverride);
        buffer.U8(InterruptOverrideLength);
        buffer.U8(0);                               // bus: ISA
        buffer.U8(source);
        buffer.U32(gsi);
        buffer.U16(0);                              // polarity and trigger as the bus has them
    }

    private static void WriteNmi(TableBuffer buffer, bool needsX2Apic)
    {
        buffer.U8(LocalApicNmi);
        buffer.U8(LocalApicNmiLength);
        buffer.U8(AllProcessors);
        buffer.U16(0);
        buffer.U8(NmiInput);
        if (!needsX2Apic)
            return;
        buffer.U8(LocalX2ApicNmi);
        buffer.U8(LocalX2ApicNmiLength);
        buffer.U16(0);
        buffer.U32(AllX2Processors);
        buffer.U8(NmiInput);
        buffer.Zeros(3);
    }
}
