using Vmm.Devices.Bus;
using Vmm.Devices.Pci.Spec;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Pci;

/// <summary>
/// PCI bus 0, with the host bridge as device 0. It answers configuration accesses, one at a time, and keeps the memory
/// bus in line with what the BARs and command registers say.
/// </summary>
/// <remarks>
/// A BAR is on the memory bus if its function's memory space is enabled, it lies in one of the windows, and nothing else
/// is there. If not, it is simply not mapped, and the registers still read as written. So a BAR can never cover RAM,
/// an interrupt controller or another BAR.
/// </remarks>
public sealed partial class PciBus
{
    private readonly Lock _lock = new();
    private readonly AddressBus _memory;
    private readonly PciWindow[] _windows;
    private readonly PciFunction?[] _functions = new PciFunction?[PciRegister.DevicesPerBus];

    /// <summary>Makes a bus with nothing but the host bridge on it.</summary>
    /// <param name="memory">Where BARs are mapped.</param>
    /// <param name="windows">Where they may be, in order of preference.</param>
    public PciBus(AddressBus memory, params ReadOnlySpan<PciWindow> windows)
    {
        _memory = memory;
        _windows = windows.ToArray();
        Add(0, new PciHostBridge());
    }

    /// <summary>Puts a function on the bus, as function 0 of a device.</summary>
    /// <param name="device">Device number, 0 to 31.</param>
    /// <param name="function">Complete: its BARs and capabilities do not change any more.</param>
    public void Add(int device, PciFunction function)
    {
        lock (_lock)
        {
            if (_functions[device] is { } there)
                throw new ArgumentException($"PCI device number {device} is taken by {there.Name}", nameof(device));
            function.Config.RememberPowerOn();
            _functions[device] = function;
        }
    }

    /// <summary>
    /// Gives every BAR an address, as firmware would before a kernel starts: in the first window that has room, so that
    /// even kernels that do not place BARs find them. They come onto the bus when a driver enables memory space.
    /// </summary>
    /// <exception cref="InvalidOperationException">The windows are too small.</exception>
    public void AssignAddresses()
    {
        lock (_lock)
        {
            ulong[] used = new ulong[_windows.Length];
            // Largest first: then alignment leaves no gaps.
            foreach (PciBar bar in _functions.Where(f => f is not null).SelectMany(f => f!.Bars).OrderByDescending(b => b.Size))
                bar.Address = Place(bar, used);
            foreach (PciFunction? function in _functions)
                function?.Config.RememberPowerOn();
            Remap();
        }
    }

    /// <summary>Reads configuration space; all-ones where there is no function.</summary>
    public void ReadConfig(PciAddress address, int offset, Span<byte> data)
    {
        lock (_lock)
        {
            if (Find(address) is { } function)
                function.ReadConfig(offset, data);
            else
                data.Fill(0xff);
        }
    }

    /// <summary>Writes configuration space; dropped where there is no function.</summary>
    public void WriteConfig(PciAddress address, int offset, ReadOnlySpan<byte> data)
    {
        lock (_lock)
        {
            if (Find(address) is not { } function)
                return;
            function.WriteConfig(offset, data);
            // Command register and BARs are the only ones that move anything.
            if (offset < PciRegister.BarEnd)
                Remap();
        }
    }

    /// <summary>Returns every function to its state at power-on.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            foreach (PciFunction? function in _functions)
                function?.Reset();
            Remap();
        }
    }

    private PciFunction? Find(PciAddress address) =>
        address is { Bus: 0, Function: 0, Device: < PciRegister.DevicesPerBus } ? _functions[address.Device] : null;

    private GuestAddress Place(PciBar bar, ulong[] used)
    {
        for (int i = 0; i < _windows.Length; i++)
        {
            PciWindow window = _windows[i];
            ulong address = (window.Start + used[i] + (bar.Size - 1)) & ~(bar.Size - 1);
            bool reachable = bar.Kind == PciBarKind.Memory64 || address <= uint.MaxValue;
            if (!reachable || !window.Contains(address, bar.Size))
                continue;
            used[i] = address - window.Start + bar.Size;
            return new GuestAddress(address);
        }
        throw new InvalidOperationException($"the PCI windows have no room for a BAR of 0x{bar.Size:x} bytes");
    }

    /// <summary>Takes off what is not where it should be, then puts on what can be. Two passes, so that BARs may swap places.</summary>
    private void Remap()
    {
        foreach (PciFunction? function in _functions)
        {
            for (int i = 0; i < function?.Bars.Count; i++)
            {
                PciBar bar = function.Bars[i];
                if (bar.Mapping is not { } mapping || (function.MemoryEnabled && bar.Address.Value == mapping.Start))
                    continue;
                _memory.Remove(mapping);
                bar.Mapping = null;
                function.OnBarMapped(bar);
            }
        }
        foreach (PciFunction? function in _functions)
        {
            for (int i = 0; i < function?.Bars.Count; i++)
            {
                PciBar bar = function.Bars[i];
                if (bar.Mapping is not null || !function.MemoryEnabled || !IsInWindow(bar))
                    continue;
                bar.Mapping = _memory.TryAdd(bar.Address.Value, bar.Size, bar.Content);
                if (bar.Mapping is not null)
                    function.OnBarMapped(bar);
            }
        }
    }

    private bool IsInWindow(PciBar bar)
    {
        foreach (PciWindow window in _windows)
        {
            if (window.Contains(bar.Address.Value, bar.Size))
                return true;
        }
        return false;
    }
}
