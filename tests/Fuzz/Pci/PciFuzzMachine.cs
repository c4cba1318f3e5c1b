using System.Buffers.Binary;
using Vmm.Devices.Bus;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Pci;
using Vmm.Devices.Pci.Spec;
using Xunit;

namespace Vmm.Tests.Fuzz.Pci;

/// <summary>A few functions of different shapes, and what must hold after whatever a guest does to them.</summary>
internal sealed class PciFuzzMachine : IMsiSink, IInterruptLine, IBusDevice
{
    public static readonly PciWindow Low = new(0xC000_0000, 0x10_0000);
    public static readonly PciWindow High = new(0x1_8000_0000, 0x10_0000);
    public const int FirstDevice = 1;
    public const int DeviceCount = 4;

    private readonly uint[] _identities = new uint[FirstDevice + DeviceCount];

    public PciFuzzMachine()
    {
        Bus = new PciBus(Memory, Low, High);
        for (int i = 0; i < DeviceCount; i++)
        {
            var function = new PciFunction($"f{i}", new PciIdentity(0x1234, (ushort)i, PciClass.Other),
                i == 1 ? PciRegister.ExtendedSize : PciRegister.ConventionalSize);
            function.AddBar(0, i % 2 == 0 ? PciBarKind.Memory64 : PciBarKind.Memory32, 0x1000UL << 2 * i, this);
            function.AddMsix(2, 3 + 100 * i, this);
            function.AddIntx(this, (byte)(16 + i));
            Bus.Add(FirstDevice + i, function);
            Functions.Add(function);
            _identities[FirstDevice + i] = function.Config.ReadUInt32(PciRegister.VendorId);
        }
        Bus.AssignAddresses();
        Ports = new PciConfigPorts(Bus);
        Ecam = new EcamWindow(Bus);
    }

    public AddressBus Memory { get; } = new("memory");
    public PciBus Bus { get; }
    public List<PciFunction> Functions { get; } = [];
    public PciConfigPorts Ports { get; }
    public EcamWindow Ecam { get; }
    public string Name => "content";

    public void CheckInvariants()
    {
        int mapped = 0;
        for (int i = 0; i < Functions.Count; i++)
        {
            PciFunction function = Functions[i];
            Assert.Equal(_identities[FirstDevice + i], function.Config.ReadUInt32(PciRegister.VendorId));
            foreach (PciBar bar in function.Bars)
            {
                Assert.Equal(0ul, bar.Address.Value & (bar.Size - 1));
                bool inWindow = Low.Contains(bar.Address.Value, bar.Size) || High.Contains(bar.Address.Value, bar.Size);
                if (bar.MappedAt is { } at)
                {
                    mapped++;
                    Assert.True(function.MemoryEnabled && inWindow && at == bar.Address);
                    Assert.True(Memory.Find(at.Value, 1) is { } range && range.Device == bar.Content && range.Length == bar.Size);
                }
                else if (function.MemoryEnabled && inWindow)
                {
                    Assert.True(IsOccupied(bar), $"{function.Name} BAR {bar.Index} at {bar.Address} is free to be mapped, but is not");
                }
            }
        }
        Assert.Equal(mapped, Memory.Ranges.Length);
    }

    /// <summary>Writes all-ones to each BAR, reads its size, writes the old value back: nothing may have changed.</summary>
    public void CheckSizing()
    {
        for (int i = 0; i < Functions.Count; i++)
        {
            foreach (PciBar bar in Functions[i].Bars)
            {
                ulong register = (ulong)(FirstDevice + i) << 15 | (uint)(PciRegister.Bar0 + bar.Index * 4);
                uint before = Access(register, null);
                bool wasMapped = bar.MappedAt is not null;
                Access(register, uint.MaxValue);
                Assert.Equal(bar.Size, ~(Access(register, null) & ~PciBarBits.Flags) + 1ul);
                Access(register, before);
                Assert.Equal(before, Access(register, null));
                // A BAR that was waiting for this place may have got it meanwhile.
                Assert.True(!wasMapped || bar.MappedAt is not null || IsOccupied(bar));
                CheckInvariants();
            }
        }
    }

    private uint Access(ulong offset, uint? write)
    {
        Span<byte> data = stackalloc byte[4];
        if (write is { } value)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(data, value);
            Ecam.Write(offset, data);
        }
        else
        {
            Ecam.Read(offset, data);
        }
        return BinaryPrimitives.ReadUInt32LittleEndian(data);
    }

    private bool IsOccupied(PciBar bar)
    {
        foreach (BusRange range in Memory.Ranges)
        {
            if (range.Start <= bar.Address.Value + (bar.Size - 1) && range.Last >= bar.Address.Value)
                return true;
        }
        return false;
    }

    void IMsiSink.Signal(in MsiMessage message)
    {
    }

    void IInterruptLine.Raise()
    {
    }

    void IInterruptLine.Lower()
    {
    }

    void IBusDevice.Read(ulong offset, Span<byte> data) => data.Fill(0x42);

    void IBusDevice.Write(ulong offset, ReadOnlySpan<byte> data)
    {
    }
}
