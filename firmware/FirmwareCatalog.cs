using Vmm.Firmware.Guests;
using Vmm.Firmware.Guests.Exits;
using Vmm.Firmware.Guests.Monitor;

namespace Vmm.Firmware;

/// <summary>Every tiny guest there is.</summary>
public static class FirmwareCatalog
{
    /// <summary>The guests, the simplest first.</summary>
    public static IReadOnlyList<TinyGuest> All { get; } =
    [
        new ByteGuest(),
        new HelloGuest(),
        new ModesGuest(),
        new PioLoopGuest(),
        new MmioLoopGuest(),
        new ExitsGuest(),
        new TicksGuest(),
        new IrqEchoGuest(),
        new CountGuest(),
        new DirtyGuest(),
        new StealGuest(),
        new UnrestGuest(),
        new VigilGuest(),
        new BlkGuest(),
        new NetGuest(),
        new MonitorGuest(),
        new ProbeGuest(),
    ];

    /// <summary>The guest that runs when no kernel is given.</summary>
    public static TinyGuest Default { get; } = Find("monitor")!;

    /// <summary>The guest of a name, or null.</summary>
    /// <param name="name">As in <see cref="TinyGuest.Name"/>; upper and lower case are the same.</param>
    public static TinyGuest? Find(string name)
    {
        foreach (TinyGuest guest in All)
        {
            if (string.Equals(guest.Name, name, StringComparison.OrdinalIgnoreCase))
                return guest;
        }
        return null;
    }
}
