using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>Reads where consoles lead, as Cloud Hypervisor writes it: a mode, and a file for one of the modes.</summary>
internal static class VmConsoleReader
{
    private const string Modes = "Off, Null, Tty or File";

    /// <summary>The serial line: nowhere when it is not given.</summary>
    public static ConsoleTarget Serial(ApiFields? serial) => Read(serial) ?? ConsoleTarget.Off;

    /// <summary>The virtio console: the terminal when it is not given, unless the serial line has that.</summary>
    public static ConsoleTarget Virtio(ApiFields? console, ConsoleTarget serial) =>
        Read(console) ?? (serial.Kind == ConsoleKind.Tty ? ConsoleTarget.Off : ConsoleTarget.Tty);

    /// <summary>The debug console: where the serial line leads, so it cannot lead elsewhere.</summary>
    public static void Debug(ApiFields? debug)
    {
        if (debug is null)
            return;
        debug.Only("mode", "\"Off\"");
        debug.Only("iobase", "233");
        debug.Nothing("file");
        debug.Done();
    }

    private static ConsoleTarget? Read(ApiFields? console)
    {
        if (console is null)
            return null;
        string? file = console.Text("file");
        string mode = console.Text("mode") ?? throw console.Wrong("mode", $"is needed: {Modes}");
        console.Nothing("socket", "iommu", "id", "pci_segment", "pci_device_id");
        console.Done();
        return mode switch
        {
            "Off" or "Null" => ConsoleTarget.Off,
            "Tty" => ConsoleTarget.Tty,
            "File" => new ConsoleTarget(ConsoleKind.File, file ?? throw console.Wrong("file", "is needed for the mode File")),
            "Pty" or "Socket" => throw console.Wrong("mode", $"{mode} is not supported by vmm, only {Modes}"),
            _ => throw console.Wrong("mode", $"'{Printable.Escape(mode)}' is none of {Modes}"),
        };
    }
}
