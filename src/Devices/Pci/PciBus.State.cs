using System.Text.Json;
using Vmm.Devices.State;

namespace Vmm.Devices.Pci;

/// <content>
/// Saving and restoring: one section for all functions. Restore it before the devices that sit behind functions, so that
/// none of them asserts a pin whose way to the wire is shut.
/// </content>
public sealed partial class PciBus : IStateful
{
    /// <inheritdoc/>
    public string StateName => "pci";

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public JsonElement SaveState()
    {
        lock (_lock)
        {
            var functions = new List<PciFunctionState>();
            for (int device = 0; device < _functions.Length; device++)
            {
                if (_functions[device] is { } function)
                    functions.Add(function.Save((byte)device));
            }
            return StateJson.Write(new PciBusState([.. functions]), DeviceStateJson.Default.PciBusState);
        }
    }

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state)
    {
        PciBusState saved = StateJson.Read(this, version, state, DeviceStateJson.Default.PciBusState);
        lock (_lock)
        {
            Check(saved);
            foreach (PciFunctionState function in saved.Functions)
                _functions[function.Device]!.Restore(function);
            Remap();
        }
    }

    private void Check(PciBusState saved)
    {
        var seen = new bool[_functions.Length];
        foreach (PciFunctionState? function in saved.Functions)
        {
            Require(function is not null, "one of functions is null");
            int device = function.Device;
            Require(device < seen.Length && !seen[device], $"{function.Name} as device {device}, which there is not, or twice");
            PciFunction? here = _functions[device];
            Require(here is not null, $"{function.Name} as device {device}: there is none in this machine");
            Require(here.Name == function.Name, $"{function.Name} as device {device}, which is {here.Name} in this machine");
            here.Check(StateName, function);
            seen[device] = true;
        }
        for (int device = 0; device < seen.Length; device++)
            Require(seen[device] || _functions[device] is null, $"{_functions[device]?.Name}, which this machine has as device {device}, is missing");
    }

    private void Require([System.Diagnostics.CodeAnalysis.DoesNotReturnIf(false)] bool holds, string what) => StateJson.Require(holds, StateName, what);
}
