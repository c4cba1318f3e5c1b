using Vmm.Devices.Virtio.Console;

namespace Vmm.Consoles;

/// <summary>The virtio console's input side.</summary>
internal sealed class VirtioConsoleInput(VirtioConsole console) : IConsoleDevice
{
    /// <inheritdoc/>
    public Action? RoomAvailable
    {
        get => console.RoomForInput;
        set => console.RoomForInput = value;
    }

    /// <inheritdoc/>
    public int Receive(ReadOnlySpan<byte> bytes) => console.Receive(bytes);

    /// <summary>There is no break on a virtio console: it is taken, and nothing comes of it.</summary>
    public bool SendBreak() => true;

    /// <inheritdoc/>
    public void Resize(ushort columns, ushort rows) => console.Resize(new ConsoleSize(columns, rows));
}
