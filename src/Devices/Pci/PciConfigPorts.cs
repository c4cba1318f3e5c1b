using System.Buffers.Binary;
using System.Text.Json;
using Vmm.Devices.Bus;
using Vmm.Devices.Pci.Spec;
using Vmm.Devices.State;

namespace Vmm.Devices.Pci;

/// <summary>
/// Configuration access by the ports 0xCF8 (address) and 0xCFC (data). Only a whole doubleword write reaches the address
/// register; the byte at 0xCF9 is another device's, the reset control register, and passes through to it.
/// </summary>
/// <param name="bus">Whose configuration space it is.</param>
/// <param name="resetControl">What answers byte accesses to 0xCF9, if anything does.</param>
public sealed class PciConfigPorts(PciBus bus, IBusDevice? resetControl = null) : IBusDevice, IStateful
{
    // Address and data are two steps: vCPUs that use them at once must agree among themselves, as on hardware.
    private volatile uint _address;

    /// <inheritdoc/>
    public string Name => "pci-config";

    /// <inheritdoc/>
    public string StateName => Name;

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        if (TryLocate(offset, data.Length, out PciAddress address, out int register))
            bus.ReadConfig(address, register, data);
        else if (offset == 0 && data.Length == sizeof(uint))
            BinaryPrimitives.WriteUInt32LittleEndian(data, _address);
        else if (IsResetControl(offset, data.Length))
            resetControl!.Read(0, data);
        else
            data.Fill(0xff);
    }

    /// <inheritdoc/>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (TryLocate(offset, data.Length, out PciAddress address, out int register))
            bus.WriteConfig(address, register, data);
        else if (offset == 0 && data.Length == sizeof(uint))
            _address = BinaryPrimitives.ReadUInt32LittleEndian(data) & ~PciConfigMechanism.Reserved;
        else if (IsResetControl(offset, data.Length))
            resetControl!.Write(0, data);
    }

    /// <summary>Forgets the address, as a reset does.</summary>
    public void Reset() => _address = 0;

    /// <inheritdoc/>
    public JsonElement SaveState() => StateJson.Write(new PciConfigPortsState(_address), DeviceStateJson.Default.PciConfigPortsState);

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state)
    {
        PciConfigPortsState saved = StateJson.Read(this, version, state, DeviceStateJson.Default.PciConfigPortsState);
        StateJson.Require((saved.Address & PciConfigMechanism.Reserved) == 0, StateName, $"address 0x{saved.Address:x8} has reserved bits");
        _address = saved.Address;
    }

    private bool IsResetControl(ulong offset, int length) =>
        resetControl is not null && offset == PciConfigMechanism.ResetControlOffset && length == 1;

    private bool TryLocate(ulong offset, int length, out PciAddress address, out int register)
    {
        uint selected = _address;
        int within = (int)offset - PciConfigMechanism.DataOffset;
        address = PciAddress.Unpack(selected >> PciConfigMechanism.AddressShift);
        register = (int)(selected & PciConfigMechanism.RegisterMask) + within;
        return within >= 0 && length <= sizeof(uint) - within && (selected & PciConfigMechanism.Enable) != 0;
    }
}
