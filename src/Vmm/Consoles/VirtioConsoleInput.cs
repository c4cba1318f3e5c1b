using Vmm.Devices.Virtio.Console;

namespace Vmm.Consoles;

/// <summary>The virtio console's input side.</summary>
internal sealed class VirtioConsoleInput(VirtioConsole console) : IConsoleDevice
{
    /// <summary>Ctrl-O: this device has no break, and it is what Linux takes for one (drivers/tty/hvc/hvc_console.c).</summary>
    private static ReadOnlySpan<byte> SysRq => [0x0f];

    /// <inheritdoc/>
    public Action? RoomAvailable
    {
        get => console.RoomForInput;
        set => console.RoomForInput = value;
    }

    /// <inheritdoc/>
    public int Receive(ReadOnlySpan<byte> bytes) => console.Receive(bytes);

    /// <inheritdoc/>
    public bool SendBreak() => console.Receive(SysRq) == SysRq.Length;

    /// <inheritdoc/>
    public void Resize(ushort columns, ushort rows) => console.Resize(new ConsoleSize(columns, rows));
}
