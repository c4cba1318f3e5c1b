using Vmm.Guest.Acpi.Aml;
using Vmm.Guest.Memory;

namespace Vmm.Guest.Acpi;

/// <summary>
/// The generation counter device in the DSDT ("Virtual Machine Generation ID", Microsoft, 2012): it names the place in
/// memory of a number that changes when the machine becomes a copy of itself, and is notified of each change.
/// </summary>
internal static class DsdtGeneration
{
    private const string Device = "VGEN";

    /// <summary>The vendor's own id; drivers look for the other one.</summary>
    private const string HardwareId = "VMMG0001";

    /// <summary>What drivers bind to; also what the description has to say.</summary>
    private const string CompatibleId = "VM_Gen_Counter";

    /// <summary>The notification that the number has changed.</summary>
    private const byte Changed = 0x80;

    /// <summary>Appends the device to the open scope.</summary>
    public static void Write(AmlWriter aml, GuestAddress address)
    {
        using (aml.Device(Device))
        {
            aml.Name("_HID", HardwareId);
            aml.Name("_CID", CompatibleId);
            aml.Name("_DDN", CompatibleId);
            aml.Name("ADDR");
            using (aml.Package(2))
            {
                aml.Integer((uint)address.Value);
                aml.Integer(address.Value >> 32);
            }
        }
    }

    /// <summary>Appends to the event method, where the events are in Local0.</summary>
    public static void WriteEvent(AmlWriter aml)
    {
        using (aml.IfLocal0Has(AcpiHardware.EventGeneration))
            aml.Notify($@"\_SB.{Device}", Changed);
    }
}
