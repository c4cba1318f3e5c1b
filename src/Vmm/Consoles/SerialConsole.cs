using Vmm.Devices.Platform;

namespace Vmm.Consoles;

/// <summary>A serial port as a console.</summary>
internal sealed class SerialConsole(Serial16550 port) : IConsoleDevice
{
    /// <inheritdoc/>
    public Action? RoomAvailable
    {
        get => port.RoomAvailable;
        set => port.RoomAvailable = value;
    }

    /// <inheritdoc/>
    public int Receive(ReadOnlySpan<byte> bytes) => port.Receive(bytes);

    /// <inheritdoc/>
    public bool SendBreak() => port.SendBreak();

    /// <summary>A serial line cannot carry it; <c>resize</c> in the guest asks the terminal itself.</summary>
    public void Resize(ushort columns, ushort rows)
    {
    }
}
