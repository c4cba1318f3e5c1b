using System.Text.Json;
using Vmm.Devices.Platform.Spec;
using Vmm.Devices.State;

namespace Vmm.Devices.Platform;

/// <content>Saving and restoring.</content>
public sealed partial class I8042 : IStateful
{
    /// <inheritdoc/>
    public string StateName => Name;

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public JsonElement SaveState()
    {
        lock (_lock)
        {
            var state = new I8042State([.. _ram], _output, _outputStatus, _outputPort, _lastCommand, _expectsData, _commandLast);
            return StateJson.Write(state, DeviceStateJson.Default.I8042State);
        }
    }

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state)
    {
        I8042State saved = StateJson.Read(this, version, state, DeviceStateJson.Default.I8042State);
        StateJson.Require(saved.Ram.Length == I8042Spec.RamSize, StateName, $"ram has {saved.Ram.Length} bytes instead of {I8042Spec.RamSize}");
        StateJson.Require(
            saved.OutputStatus is 0 or I8042Spec.StatusOutputFull or (I8042Spec.StatusOutputFull | I8042Spec.StatusTimeout),
            StateName,
            $"output-status is 0x{saved.OutputStatus:x2}");
        StateJson.Require(!saved.ExpectsData || TakesData(saved.LastCommand), StateName, $"expects-data, which command 0x{saved.LastCommand:x2} does not");
        lock (_lock)
        {
            saved.Ram.CopyTo(_ram, 0);
            _output = saved.Output;
            _outputStatus = saved.OutputStatus;
            _outputPort = saved.OutputPort;
            _lastCommand = saved.LastCommand;
            _expectsData = saved.ExpectsData;
            _commandLast = saved.CommandLast;
            UpdateInterrupt();
        }
    }
}
