using Iced.Intel;
using Vmm.Firmware.Assembly;

namespace Vmm.Firmware.Guests.Monitor;

/// <summary>
/// A command of the monitor: a routine that finds its arguments at RSI and may change every register.
/// </summary>
internal sealed class MonitorCommand(GuestProgram program, string name, string usage, string meaning, Action body)
{
    private Label _routine = program.Main.NewLabel($"command_{name}");

    /// <summary>The word typed.</summary>
    public string Name => name;

    /// <summary>The word with its arguments.</summary>
    public string Usage => usage;

    /// <summary>What it does, for help.</summary>
    public string Meaning => meaning;

    /// <summary>Where its code begins.</summary>
    public Label Routine => _routine;

    /// <summary>Writes the code.</summary>
    public Action Body { get; set; } = body;

    public void WriteBody(CodeSection code)
    {
        code.Place(ref _routine);
        Body();
    }
}
