using Vmm.Trace.Format;
using Vmm.Trace.Recording;

namespace Vmm.Trace.Meaning;

/// <summary>Names the registers of all devices of a trace, and what their values say.</summary>
/// <param name="header">What is in the trace.</param>
internal sealed class RegisterReader(TraceHeader header)
{
    private static readonly RegisterMeaning s_reset = new("RST_CNT", "");

    private readonly ExitFilter _recorded = header.Filter ?? new ExitFilter();
    private readonly ulong? _initial = header.FromStart ? 0 : null;
    private readonly Dictionary<(string Name, string Model), IRegisterNames?> _devices = [];

    /// <summary>What an access was; null where there is nothing to say. Every access has to come, in order, also those that are not shown.</summary>
    public RegisterMeaning? Read(TracedExit exit)
    {
        // No device is that long: somebody wrote the trace by hand.
        if (exit.Device is not { } device || exit.Offset > int.MaxValue)
            return null;
        if (device.Model == DeviceModel.Reset)
            return s_reset;
        if (!_devices.TryGetValue((device.Name, device.Model), out IRegisterNames? names))
            _devices[(device.Name, device.Model)] = names = Names(device.Model);
        return names?.Read(exit);
    }

    private IRegisterNames? Names(string model) => model switch
    {
        DeviceModel.Serial => new SerialRegisters(),
        DeviceModel.Cmos => new CmosRegisters(_recorded, _initial),
        DeviceModel.I8042 => new I8042Registers(),
        DeviceModel.PciConfig => new PciConfigRegisters(_recorded, _initial),
        DeviceModel.PciEcam => new EcamRegisters(),
        DeviceModel.AcpiPower => new AcpiPowerRegisters(),
        DeviceModel.VirtioMmio => new VirtioMmioRegisters(_recorded, _initial),
        DeviceModel.VirtioPci => new VirtioPciRegisters(_recorded, _initial),
        DeviceModel.Msix => new MsixRegisters(),
        _ => null,
    };
}
