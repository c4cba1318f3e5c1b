using System.Buffers.Binary;
using Vmm.Devices.Pci.Spec;
using Vmm.Devices.State;

namespace Vmm.Devices.Pci;

/// <content>Saving and restoring; under the bus's lock.</content>
public partial class PciFunction
{
    /// <summary>What it holds.</summary>
    /// <param name="device">Where it sits.</param>
    internal PciFunctionState Save(byte device) => new(device, Name, SavedConfig(), Msix?.Save());

    /// <summary>Whether a saved state is one of such a function: what the guest cannot change must be the same.</summary>
    /// <exception cref="StateException">It is not; the message names the register.</exception>
    internal void Check(string section, PciFunctionState saved)
    {
        StateJson.Require(saved.Config.Length == Config.Size, section, $"{Name}: config has {saved.Config.Length} bytes instead of {Config.Size}");
        byte[] own = SavedConfig();
        int differs = Config.FindReadOnlyDifference(saved.Config, own);
        if (differs >= 0)
        {
            throw new StateException(
                section,
                $"{Name}: configuration register 0x{differs:x2}{NameOf(differs)} is 0x{saved.Config[differs]:x2}, and 0x{own[differs]:x2} here: it is another device");
        }
        StateJson.Require((saved.Msix is null) == (Msix is null), section, saved.Msix is null ? $"{Name}: msix is missing" : $"{Name}: msix, which it does not have");
        if (Msix is null)
            return;
        (bool enabled, bool masked) = ControlsOf(saved.Config);
        Msix.Check(section, saved.Msix!, enabled, masked);
    }

    /// <summary>Takes over a state that was checked. The bus maps the BARs afterwards.</summary>
    internal void Restore(PciFunctionState saved)
    {
        Config.Load(saved.Config);
        (bool enabled, bool masked) = ControlsOf(saved.Config);
        Msix?.Restore(saved.Msix!, enabled, masked);
        ApplyControls();
    }

    private (bool Enabled, bool Masked) ControlsOf(ReadOnlySpan<byte> config) => Controls(
        BinaryPrimitives.ReadUInt16LittleEndian(config[(_msixCapability + MsixSpec.MessageControl)..]),
        BinaryPrimitives.ReadUInt16LittleEndian(config[PciRegister.Command..]));

    /// <summary>The registers, without the bit that only shows what the interrupt pin does.</summary>
    private byte[] SavedConfig()
    {
        byte[] bytes = Config.ToArray();
        ushort status = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(PciRegister.Status));
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(PciRegister.Status), (ushort)(status & ~PciStatus.InterruptStatus));
        return bytes;
    }

    private static string NameOf(int register) => register switch
    {
        PciRegister.VendorId or PciRegister.VendorId + 1 => " (vendor)",
        PciRegister.DeviceId or PciRegister.DeviceId + 1 => " (device)",
        PciRegister.Revision => " (revision)",
        >= PciRegister.ClassCode and < PciRegister.CacheLineSize => " (class)",
        >= PciRegister.Bar0 and < PciRegister.BarEnd => $" (BAR {(register - PciRegister.Bar0) / 4}, a size)",
        PciRegister.InterruptPin => " (interrupt pin)",
        >= PciRegister.HeaderEnd => " (a capability)",
        _ => "",
    };
}
