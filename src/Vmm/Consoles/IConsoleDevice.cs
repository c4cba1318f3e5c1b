namespace Vmm.Consoles;

/// <summary>The guest's end of a console's input.</summary>
internal interface IConsoleDevice
{
    /// <summary>Offers bytes; never waits.</summary>
    /// <returns>How many were taken, from the front. If that is not all, <see cref="RoomAvailable"/> tells when to go on.</returns>
    int Receive(ReadOnlySpan<byte> bytes);

    /// <summary>Offers a break.</summary>
    /// <returns>False when there is no room for it now; <see cref="RoomAvailable"/> tells when to try again.</returns>
    bool SendBreak();

    /// <summary>Tells the size of the window, where the guest can hear of it.</summary>
    void Resize(ushort columns, ushort rows);

    /// <summary>Called, on whatever thread, when there is room after something was not taken. Must be quick.</summary>
    Action? RoomAvailable { get; set; }
}
