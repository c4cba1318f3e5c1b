using Vmm.Devices.Platform.Spec;
using Vmm.Trace.Format;

namespace Vmm.Trace.Meaning;

/// <summary>The keyboard controller: data at its first port, status and commands four further.</summary>
internal sealed class I8042Registers : IRegisterNames
{
    /// <inheritdoc/>
    public RegisterMeaning? Read(TracedExit exit)
    {
        if (exit.Offset == I8042Spec.Data)
            return new("data");
        if (exit.Offset != I8042Spec.StatusCommand)
            return null;
        byte value = (byte)exit.Value;
        return exit.IsWrite ? new("command", Command(value)) : new("status", BitNames.Of(value, "output-full", "input-full", "system", "command-last", "unlocked", "mouse", "timeout", "parity"));
    }

    private static string Command(byte value) => value switch
    {
        I8042Spec.SelfTest => "self-test",
        I8042Spec.TestKeyboard => "test keyboard's wires",
        I8042Spec.TestMouse => "test mouse's wires",
        I8042Spec.ReadInputPort => "read input port",
        I8042Spec.ReadOutputPort => "read output port",
        I8042Spec.WriteOutputPort => "write output port",
        I8042Spec.WriteKeyboardBuffer => "write keyboard buffer",
        I8042Spec.WriteMouseBuffer => "write mouse buffer",
        I8042Spec.WriteMouse => "write to mouse",
        >= I8042Spec.PulseOutputPort => (value & I8042Spec.OutputNoReset) == 0 ? "pulse reset" : "pulse output port",
        >= I8042Spec.ReadRam and < I8042Spec.ReadRam + I8042Spec.RamSize => $"read byte {value - I8042Spec.ReadRam}",
        >= I8042Spec.WriteRam and < I8042Spec.WriteRam + I8042Spec.RamSize => $"write byte {value - I8042Spec.WriteRam}",
        _ => "",
    };
}
