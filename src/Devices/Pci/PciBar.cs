using System.Numerics;
using Vmm.Devices.Bus;
using Vmm.Devices.Pci.Spec;
using Vmm.Guest.Memory;

namespace Vmm.Devices.Pci;

/// <summary>
/// A base address register and what lies behind it. The register takes any address the guest writes, and so answers
/// sizing writes; whether the content is on the memory bus there is for <see cref="PciBus"/> to decide.
/// </summary>
public sealed class PciBar
{
    private readonly PciConfigSpace _config;
    private readonly int _register;

    internal PciBar(PciConfigSpace config, int index, PciBarKind kind, ulong size, IBusDevice content)
    {
        if (!BitOperations.IsPow2(size) || size < PciBarBits.MinimumSize || (kind == PciBarKind.Memory32 && size > 1UL << 31))
            throw new ArgumentOutOfRangeException(nameof(size), size, "a BAR is a power of two and at least a page");
        if ((uint)index >= PciRegister.BarCount || (kind == PciBarKind.Memory64 && index == PciRegister.BarCount - 1))
            throw new ArgumentOutOfRangeException(nameof(index), index, "a function has six BARs; a 64-bit one takes two");

        _config = config;
        _register = PciRegister.Bar0 + index * 4;
        (Index, Kind, Size, Content) = (index, kind, size, content);

        // The bits below the size are hard-wired to 0: that is how software reads the size (6.2.5.1).
        ulong addressBits = ~(size - 1);
        config.AllowUInt32(_register, (uint)addressBits);
        if (kind == PciBarKind.Memory64)
        {
            config.AllowUInt32(_register + 4, (uint)(addressBits >> 32));
            config.SetUInt32(_register, PciBarBits.Memory64);
        }
    }

    /// <summary>Number of the (first) register.</summary>
    public int Index { get; }

    /// <summary>32 or 64 bits.</summary>
    public PciBarKind Kind { get; }

    /// <summary>Length in bytes, a power of two.</summary>
    public ulong Size { get; }

    /// <summary>What answers there.</summary>
    public IBusDevice Content { get; }

    /// <summary>Where the content is on the memory bus; null while it is not.</summary>
    public GuestAddress? MappedAt => Mapping is { } mapping ? new GuestAddress(mapping.Start) : null;

    /// <summary>The address in the register, as the guest wrote it.</summary>
    public GuestAddress Address
    {
        get
        {
            ulong low = _config.ReadUInt32(_register) & ~PciBarBits.Flags;
            return new GuestAddress(Kind == PciBarKind.Memory64 ? low | (ulong)_config.ReadUInt32(_register + 4) << 32 : low);
        }
        internal set
        {
            _config.SetUInt32(_register, (uint)value.Value | (_config.ReadUInt32(_register) & PciBarBits.Flags));
            if (Kind == PciBarKind.Memory64)
                _config.SetUInt32(_register + 4, (uint)(value.Value >> 32));
        }
    }

    /// <summary>The BAR's place on the memory bus; kept by <see cref="PciBus"/>.</summary>
    internal BusRange? Mapping { get; set; }
}
