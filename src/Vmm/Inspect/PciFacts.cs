using System.Buffers.Binary;
using System.Numerics;
using Vmm.Devices.Pci.Spec;
using Vmm.Devices.State;
using Vmm.Devices.Virtio.Spec;
using Vmm.Machine.Config;

namespace Vmm.Inspect;

/// <summary>What a PCI function's configuration registers say, decoded.</summary>
/// <param name="state">The function as it was saved.</param>
internal sealed class PciFacts(PciFunctionState state)
{
    private const int MsixSizeMask = 0x7ff;
    private const int MsixBarMask = 7;

    private readonly byte[] _config = state.Config.Length >= PciRegister.ConventionalSize ? state.Config : new byte[PciRegister.ConventionalSize];

    /// <summary>All functions of a machine; none when it has no PCI.</summary>
    /// <exception cref="Host.VmmException">The state is damaged.</exception>
    public static IReadOnlyList<PciFacts> All(InspectedMachine machine)
    {
        PciFunctionState[] functions = machine.TryGetSection("pci", DeviceStateJson.Default.PciBusState)?.Functions ?? [];
        InspectedMachine.RequireWhole("pci", "functions", functions);
        return [.. functions.Select(state => new PciFacts(state))];
    }

    /// <summary>Its device number.</summary>
    public int Device => state.Device;

    /// <summary>Its name.</summary>
    public string Name => Printable.Escape(state.Name);

    /// <summary>Vendor.</summary>
    public ushort Vendor => U16(PciRegister.VendorId);

    /// <summary>Device id.</summary>
    public ushort DeviceId => U16(PciRegister.DeviceId);

    /// <summary>Base class, subclass and programming interface.</summary>
    public uint Class => U32(PciRegister.Revision) >> 8;

    /// <summary>The command register.</summary>
    public ushort Command => U16(PciRegister.Command);

    /// <summary>Interrupt pin: 1 is INTA#, 0 none.</summary>
    public byte Pin => _config[PciRegister.InterruptPin];

    /// <summary>Its BARs: number, address, bytes as far as its capabilities tell, and whether the address has 64 bits.</summary>
    public IReadOnlyList<(int Index, ulong Address, ulong Size, bool Is64)> Bars
    {
        get
        {
            List<(int, ulong, ulong, bool)> bars = [];
            for (int i = 0; i < PciRegister.BarCount; i++)
            {
                int number = i;
                uint low = U32(PciRegister.Bar0 + i * 4);
                bool is64 = (low & PciBarBits.Memory64) != 0;
                ulong address = low & ~PciBarBits.Flags;
                if (is64 && i + 1 < PciRegister.BarCount)
                    address |= (ulong)U32(PciRegister.Bar0 + ++i * 4) << 32;
                ulong end = Extents.Where(extent => extent.Bar == number).Select(extent => extent.End).DefaultIfEmpty().Max();
                if (low != 0 || end != 0)
                    bars.Add((number, address, end == 0 ? 0 : Math.Max(BitOperations.RoundUpToPowerOf2(end), PciBarBits.MinimumSize), is64));
            }
            return bars;
        }
    }

    /// <summary>Its capabilities, in words.</summary>
    public IReadOnlyList<(int Offset, string What)> Capabilities => [.. Offsets().Select(at => (at, Describe(at)))];

    /// <summary>The MSI-X vectors: what the message is, whether it is masked, whether it is pending.</summary>
    public IReadOnlyList<(int Vector, ulong Address, uint Data, bool Masked, bool Pending)> Vectors
    {
        get
        {
            List<(int, ulong, uint, bool, bool)> vectors = [];
            byte[] table = state.Msix?.Table ?? [];
            byte[] pending = state.Msix?.Pending ?? [];
            for (int i = 0; (i + 1) * MsixSpec.EntrySize <= table.Length; i++)
            {
                ReadOnlySpan<byte> entry = table.AsSpan(i * MsixSpec.EntrySize, MsixSpec.EntrySize);
                vectors.Add((i, BinaryPrimitives.ReadUInt64LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[MsixSpec.EntryData..]),
                    (BinaryPrimitives.ReadUInt32LittleEndian(entry[MsixSpec.EntryControl..]) & MsixSpec.VectorMasked) != 0,
                    i / 8 < pending.Length && (pending[i / 8] >> i % 8 & 1) != 0));
            }
            return vectors;
        }
    }

    /// <summary>Whether MSI-X is in use, in words; null without it.</summary>
    public string? MsixState
    {
        get
        {
            int at = Offsets().FirstOrDefault(offset => _config[offset] == PciCapabilityId.Msix);
            if (at == 0)
                return null;
            ushort control = U16(at + MsixSpec.MessageControl);
            return (control & MsixSpec.Enable) == 0 ? "off" : (control & MsixSpec.FunctionMask) != 0 ? "on, all masked" : "on";
        }
    }

    /// <summary>The BAR that has the MSI-X vectors; null without them.</summary>
    public int? MsixBar => Offsets().FirstOrDefault(offset => _config[offset] == PciCapabilityId.Msix && offset + MsixSpec.CapabilityLength <= _config.Length) is int at and not 0
        ? (int)(U32(at + MsixSpec.Table) & MsixBarMask)
        : null;

    private IEnumerable<(int Bar, ulong End)> Extents
    {
        get
        {
            foreach (int at in Offsets())
            {
                if (_config[at] == PciCapabilityId.Msix && at + MsixSpec.CapabilityLength <= _config.Length)
                {
                    int vectors = (U16(at + MsixSpec.MessageControl) & MsixSizeMask) + 1;
                    (uint table, uint pba) = (U32(at + MsixSpec.Table), U32(at + MsixSpec.Pba));
                    yield return ((int)(table & MsixBarMask), (table & ~7UL) + (ulong)vectors * MsixSpec.EntrySize);
                    yield return ((int)(pba & MsixBarMask), (pba & ~7UL) + (ulong)(vectors + 63) / 64 * sizeof(ulong));
                }
                else if (IsVirtio(at) && _config[at + PciRegisters.VIRTIO_PCI_CAP_CFG_TYPE] != PciRegisters.VIRTIO_PCI_CAP_PCI_CFG)
                {
                    yield return (_config[at + PciRegisters.VIRTIO_PCI_CAP_BAR], (ulong)U32(at + PciRegisters.VIRTIO_PCI_CAP_OFFSET) + U32(at + PciRegisters.VIRTIO_PCI_CAP_LENGTH));
                }
            }
        }
    }

    private bool IsVirtio(int at) => _config[at] == PciCapabilityId.VendorSpecific && Vendor == PciRegisters.VendorId && at + PciRegisters.CapSize <= _config.Length;

    /// <summary>Where capabilities are. A list that goes in a circle is left where it closes.</summary>
    private IEnumerable<int> Offsets()
    {
        HashSet<int> seen = [];
        int at = _config[PciRegister.CapabilityPointer];
        while (at >= PciRegister.HeaderEnd && at + PciCapabilityId.Alignment <= PciRegister.ConventionalSize && seen.Add(at))
        {
            yield return at;
            at = _config[at + PciCapabilityId.Next];
        }
    }

    private string Describe(int at)
    {
        if (_config[at] == PciCapabilityId.Msix && at + MsixSpec.CapabilityLength <= _config.Length)
        {
            (uint table, uint pba) = (U32(at + MsixSpec.Table), U32(at + MsixSpec.Pba));
            return $"MSI-X {MsixState}, {(U16(at + MsixSpec.MessageControl) & MsixSizeMask) + 1} vectors, table in BAR {table & MsixBarMask} at 0x{table & ~7U:x}, pending bits in BAR {pba & MsixBarMask} at 0x{pba & ~7U:x}";
        }
        if (!IsVirtio(at))
            return $"capability 0x{_config[at]:x2}";
        string type = _config[at + PciRegisters.VIRTIO_PCI_CAP_CFG_TYPE] switch
        {
            PciRegisters.VIRTIO_PCI_CAP_COMMON_CFG => "common configuration",
            PciRegisters.VIRTIO_PCI_CAP_NOTIFY_CFG => "notifications",
            PciRegisters.VIRTIO_PCI_CAP_ISR_CFG => "interrupt status",
            PciRegisters.VIRTIO_PCI_CAP_DEVICE_CFG => "device configuration",
            PciRegisters.VIRTIO_PCI_CAP_PCI_CFG => "window on the BARs",
            byte other => $"type {other}",
        };
        return $"virtio {type}, BAR {_config[at + PciRegisters.VIRTIO_PCI_CAP_BAR]} at 0x{U32(at + PciRegisters.VIRTIO_PCI_CAP_OFFSET):x}, 0x{U32(at + PciRegisters.VIRTIO_PCI_CAP_LENGTH):x} bytes";
    }

    private ushort U16(int at) => BinaryPrimitives.ReadUInt16LittleEndian(_config.AsSpan(at));

    private uint U32(int at) => BinaryPrimitives.ReadUInt32LittleEndian(_config.AsSpan(at));
}
