using System.Buffers.Binary;
using Vmm.Devices.Bus;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Pci.Spec;

namespace Vmm.Devices.Pci;

/// <summary>
/// One PCI function: configuration space, BARs, MSI-X and INTx. A device derives from it (or simply fills one in), adds
/// its BARs and capabilities in its constructor, and is then put on a <see cref="PciBus"/>.
/// </summary>
/// <remarks>
/// Configuration accesses, <see cref="OnBarMapped"/> and <see cref="Reset"/> run under the bus's lock; lock order is
/// bus, then device, then MSI-X table. So a device may signal from under its own lock, but must not touch the bus there.
/// </remarks>
public partial class PciFunction
{
    private readonly List<PciBar> _bars = [];
    private int _msixCapability;

    /// <summary>Makes a function without BARs, interrupts or capabilities.</summary>
    /// <param name="name">As in traces, such as <c>disk0</c>.</param>
    /// <param name="identity">Who it is.</param>
    /// <param name="configSize">256 bytes, or 4 KiB for extended capabilities.</param>
    public PciFunction(string name, in PciIdentity identity, int configSize = PciRegister.ConventionalSize)
    {
        Name = name;
        Config = new PciConfigSpace(configSize);
        Config.SetUInt16(PciRegister.VendorId, identity.VendorId);
        Config.SetUInt16(PciRegister.DeviceId, identity.DeviceId);
        Config.SetUInt32(PciRegister.Revision, identity.ClassCode << 8 | identity.Revision);
        Config.SetUInt16(PciRegister.SubsystemVendorId, identity.SubsystemVendorId);
        Config.SetUInt16(PciRegister.SubsystemId, identity.SubsystemId);
        Config.AllowUInt16(PciRegister.Command, PciCommand.BusMaster | PciCommand.InterruptDisable);
        Config.AllowUInt8(PciRegister.CacheLineSize, 0xff);
        Config.AllowUInt8(PciRegister.LatencyTimer, 0xff);
        Config.AllowUInt8(PciRegister.InterruptLine, 0xff);
    }

    /// <summary>As in traces.</summary>
    public string Name { get; }

    /// <summary>The configuration registers. The guest reaches them through <see cref="ReadConfig"/> and <see cref="WriteConfig"/>.</summary>
    public PciConfigSpace Config { get; }

    /// <summary>The BARs that were added.</summary>
    public IReadOnlyList<PciBar> Bars => _bars;

    /// <summary>The MSI-X table, if the function has one.</summary>
    public MsixTable? Msix { get; private set; }

    /// <summary>The INTx# pin, if the function has one.</summary>
    public PciIntx? Intx { get; private set; }

    /// <summary>Whether the guest lets the BARs answer.</summary>
    public bool MemoryEnabled => (Config.ReadUInt16(PciRegister.Command) & PciCommand.MemorySpace) != 0;

    /// <summary>Whether the guest lets the function write to memory.</summary>
    public bool BusMasterEnabled => (Config.ReadUInt16(PciRegister.Command) & PciCommand.BusMaster) != 0;

    /// <summary>Adds a memory BAR.</summary>
    /// <param name="index">Register number, 0 to 5; a 64-bit BAR takes the next one too.</param>
    /// <param name="kind">32 or 64 bits.</param>
    /// <param name="size">A power of two, at least a page.</param>
    /// <param name="content">Called with offsets from the BAR's start.</param>
    public PciBar AddBar(int index, PciBarKind kind, ulong size, IBusDevice content)
    {
        foreach (PciBar other in _bars)
        {
            int distance = Math.Abs(other.Index - index);
            if (distance == 0 || (distance == 1 && (other.Index < index ? other.Kind : kind) == PciBarKind.Memory64))
                throw new ArgumentException($"{Name}: BAR {index} is taken", nameof(index));
        }
        var bar = new PciBar(Config, index, kind, size, content);
        _bars.Add(bar);
        Config.AllowUInt16(PciRegister.Command, PciCommand.MemorySpace);
        return bar;
    }

    /// <summary>Gives the function MSI-X, with a BAR of its own for table and pending bits.</summary>
    /// <param name="barIndex">Register number of that BAR, which has 32 bits.</param>
    /// <param name="vectors">1 to 2048.</param>
    /// <param name="sink">Where messages go.</param>
    public MsixTable AddMsix(int barIndex, int vectors, IMsiSink sink)
    {
        var table = new MsixTable(MsixTable.NameOf(Name), vectors, sink);
        AddBar(barIndex, PciBarKind.Memory32, table.BarSize, table);

        Span<byte> body = stackalloc byte[MsixSpec.CapabilityLength - PciCapabilityId.Body];
        BinaryPrimitives.WriteUInt16LittleEndian(body, (ushort)(vectors - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(body[(MsixSpec.Table - PciCapabilityId.Body)..], (uint)barIndex);
        BinaryPrimitives.WriteUInt32LittleEndian(body[(MsixSpec.Pba - PciCapabilityId.Body)..], table.PbaOffset | (uint)barIndex);
        _msixCapability = Config.AddCapability(PciCapabilityId.Msix, body);
        Config.AllowUInt16(_msixCapability + MsixSpec.MessageControl, MsixSpec.Enable | MsixSpec.FunctionMask);
        return Msix = table;
    }

    /// <summary>Gives the function the pin INTA#.</summary>
    /// <param name="wire">The interrupt it is routed to.</param>
    /// <param name="routing">What the interrupt line register says at power-on: the GSI.</param>
    public PciIntx AddIntx(IInterruptLine wire, byte routing)
    {
        Config[PciRegister.InterruptPin] = 1;
        Config[PciRegister.InterruptLine] = routing;
        return Intx = new PciIntx(wire);
    }

    /// <summary>The guest reads configuration space. Overrides refresh what changes by itself, then call this.</summary>
    public virtual void ReadConfig(int offset, Span<byte> data)
    {
        if (Intx is { } intx)
        {
            int status = Config.ReadUInt16(PciRegister.Status) & ~PciStatus.InterruptStatus;
            Config.SetUInt16(PciRegister.Status, (ushort)(intx.Asserted ? status | PciStatus.InterruptStatus : status));
        }
        Config.Read(offset, data);
    }

    /// <summary>The guest writes configuration space. Overrides call this, then look at what changed.</summary>
    public virtual void WriteConfig(int offset, ReadOnlySpan<byte> data)
    {
        Config.Write(offset, data);
        ApplyControls();
    }

    /// <summary>A BAR came onto the memory bus, moved or left it; <see cref="PciBar.MappedAt"/> says where it is now. For doorbells.</summary>
    protected internal virtual void OnBarMapped(PciBar bar)
    {
    }

    /// <summary>Returns to the state at power-on. The bus takes the BARs off the memory bus right after.</summary>
    public virtual void Reset()
    {
        Config.Reset();
        Msix?.Reset();
        Intx?.Set(false);
        ApplyControls();
    }

    private void ApplyControls()
    {
        ushort command = Config.ReadUInt16(PciRegister.Command);
        (bool enabled, bool masked) = Controls(Config.ReadUInt16(_msixCapability + MsixSpec.MessageControl), command);
        Msix?.Control(enabled, masked);
        Intx?.Gate(!enabled && (command & PciCommand.InterruptDisable) == 0);
    }

    /// <summary>What configuration registers say of MSI-X.</summary>
    private (bool Enabled, bool Masked) Controls(ushort msixControl, ushort command)
    {
        // A message is a write to memory: without bus mastering it waits as a masked one does.
        bool mastered = (command & PciCommand.BusMaster) != 0;
        return (_msixCapability != 0 && (msixControl & MsixSpec.Enable) != 0, (msixControl & MsixSpec.FunctionMask) != 0 || !mastered);
    }
}
