using Vmm.Devices.Interrupts;
using Vmm.Devices.Pci;
using Vmm.Devices.Pci.Spec;
using Vmm.Tests.Devices.Bus;
using Xunit;

namespace Vmm.Tests.Devices.Pci;

public class MsixTests
{
    private const ulong Address = 0xfee0_1000;
    private readonly PciTestMachine _machine = new();

    private MsixTable Table => _machine.Function.Msix!;

    private void Program(int vector, bool masked, ulong address = Address, uint data = 0x41)
    {
        ulong entry = (ulong)vector * MsixSpec.EntrySize;
        Table.Out32(entry, (uint)address);
        Table.Out32(entry + 4, (uint)(address >> 32));
        Table.Out32(entry + 8, data);
        Table.Out32(entry + 12, masked ? 1u : 0u);
    }

    private ulong PendingBits => Table.In64(Table.PbaOffset);

    [Fact]
    public void Unmasked_vector_sends_its_message()
    {
        _machine.EnableMsix();
        Program(1, masked: false, data: 0x42);
        Table.Signal(1);
        Assert.Equal(new MsiMessage(Address, 0x42), _machine.Msi.Last);
        Assert.Equal(1, _machine.Msi.Count);
        Assert.Equal(0ul, PendingBits);
    }

    [Fact]
    public void After_reset_every_vector_is_masked()
    {
        for (int vector = 0; vector < Table.Vectors; vector++)
            Assert.Equal(1u, Table.In32((ulong)vector * 16 + 12));
    }

    [Fact, Trait("Row", "35")]
    public void Masked_vector_sets_its_pending_bit_and_fires_once_on_unmask()
    {
        _machine.EnableMsix();
        Program(2, masked: true);
        for (int i = 0; i < 1000; i++)
            Table.Signal(2);
        Assert.Equal(0, _machine.Msi.Count);
        Assert.Equal(0b100ul, PendingBits);

        Program(2, masked: false);
        Assert.Equal(1, _machine.Msi.Count);
        Assert.Equal(0ul, PendingBits);
    }

    [Fact, Trait("Row", "35")]
    public void Function_mask_holds_every_vector_back()
    {
        _machine.EnableMsix(MsixSpec.FunctionMask);
        Program(0, masked: false);
        Program(1, masked: true);
        Table.Signal(0);
        Table.Signal(1);
        Assert.Equal(0b011ul, PendingBits);

        _machine.EnableMsix();
        Assert.Equal(1, _machine.Msi.Count); // vector 1 has its own mask still
        Assert.Equal(0b010ul, PendingBits);
    }

    [Fact]
    public void Without_bus_mastering_messages_wait()
    {
        _machine.EnableMsix();
        Program(0, masked: false);
        _machine.SetCommand(PciCommand.MemorySpace);
        Table.Signal(0);
        Assert.Equal(0, _machine.Msi.Count);

        _machine.SetCommand(PciCommand.MemorySpace | PciCommand.BusMaster);
        Assert.Equal(1, _machine.Msi.Count);
    }

    [Fact]
    public void While_msix_is_off_nothing_is_sent_or_noted()
    {
        Program(0, masked: false);
        Table.Signal(0);
        Assert.False(Table.Enabled);
        _machine.EnableMsix();
        Assert.Equal(0, _machine.Msi.Count);
    }

    [Theory, Trait("Row", "30")]
    [InlineData(3)]
    [InlineData(-1)]
    [InlineData(0xffff)]
    public void Vector_out_of_range_is_dropped(int vector)
    {
        _machine.EnableMsix();
        Table.Signal(vector);
        Assert.Equal(0, _machine.Msi.Count);
        Assert.Equal(0ul, PendingBits);
    }

    [Fact, Trait("Row", "32")]
    public void Pending_bits_and_reserved_bits_are_read_only()
    {
        Table.Out64(Table.PbaOffset, ulong.MaxValue);
        Assert.Equal(0ul, PendingBits);
        Table.Out32(0, 0xffff_ffff);
        Assert.Equal(0xffff_fffcu, Table.In32(0));
        Table.Out32(12, 0xffff_fffe);
        Assert.Equal(0u, Table.In32(12));
    }

    [Fact, Trait("Row", "31")]
    public void Odd_widths_offsets_and_places_change_nothing()
    {
        Program(0, masked: true);
        ulong before = Table.In64(0);
        Table.Out8(0, 0xff);
        Table.Out16(0, 0xffff);
        Table.Out32(2, 0xffff_ffff);
        Table.Out64(4, ulong.MaxValue);
        Assert.Equal(before, Table.In64(0));

        Table.Out32(3 * 16, 1); // behind the last entry
        Assert.Equal(0u, Table.In32(3 * 16));
        Assert.Equal(0ul, Table.In64(Table.BarSize - 8));
    }

    [Fact]
    public void Quadword_writes_reach_two_fields()
    {
        _machine.EnableMsix();
        Table.Out64(0, 0x1_fee0_0000);
        Table.Signal(0);
        Table.Out64(8, 0x77);
        Assert.Equal(new MsiMessage(0x1_fee0_0000, 0x77), _machine.Msi.Last);
    }

    [Fact, Trait("Row", "48")]
    public void Message_address_on_the_functions_own_bar_re_enters_nobody()
    {
        _machine.EnableMsix();
        ulong own = _machine.Function.Bars[1].MappedAt!.Value.Value;
        Program(0, masked: false, address: own + 12, data: 0);
        Table.Signal(0);

        Assert.Equal(own + 12, _machine.Msi.Last.Address); // the sink drops it; the memory bus never sees it
        Assert.Equal(0u, Table.In32(12));
        Assert.Equal(0, _machine.Content.Writes);
    }

    [Theory]
    [InlineData(1, 0x1000)]
    [InlineData(128, 0x1000)]
    [InlineData(129, 0x2000)]
    [InlineData(2048, 0x10000)]
    public void Table_and_pending_bits_fit_the_bar(int vectors, ulong size)
    {
        var table = new MsixTable("table", vectors, _machine.Msi);
        Assert.Equal(size, table.BarSize);
        Assert.True(table.PbaOffset >= vectors * MsixSpec.EntrySize);
        Assert.Equal(1u, table.In32((ulong)(vectors - 1) * 16 + 12));
    }

    [Fact]
    public void Signalling_allocates_nothing()
    {
        _machine.EnableMsix();
        Program(0, masked: false);
        Table.Signal(0);
        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
                Table.Signal(0);
        }));
    }

    [Fact, Trait("Row", "35")]
    public async Task Masking_while_another_thread_signals_loses_nothing()
    {
        _machine.EnableMsix();
        Program(0, masked: false);
        for (int round = 0; round < 200; round++)
        {
            int before = _machine.Msi.Count;
            Task signaller = Task.Run(() => Table.Signal(0), TestContext.Current.CancellationToken);
            Table.Out32(12, 1);
            Table.Out32(12, 0);
            await signaller;
            Assert.Equal(before + 1, _machine.Msi.Count);
        }
    }

    [Fact]
    public void Pin_follows_the_device_until_disabled_or_replaced_by_msix()
    {
        PciIntx pin = _machine.Function.Intx!;
        pin.Set(true);
        Assert.True(_machine.Line.Level);
        Assert.NotEqual(0u, _machine.ReadConfig(PciRegister.Command) >> 16 & PciStatus.InterruptStatus);

        _machine.SetCommand(PciCommand.InterruptDisable);
        Assert.False(_machine.Line.Level);
        Assert.NotEqual(0u, _machine.ReadConfig(PciRegister.Command) >> 16 & PciStatus.InterruptStatus);

        _machine.SetCommand(0);
        Assert.True(_machine.Line.Level);
        _machine.EnableMsix();
        Assert.False(_machine.Line.Level);

        pin.Set(false);
        Assert.Equal(0u, _machine.ReadConfig(PciRegister.Command) >> 16 & PciStatus.InterruptStatus);
        Assert.Equal(0, _machine.Line.Redundant);
    }

    [Fact]
    public void Function_with_a_bar_number_twice_is_refused()
    {
        var function = new PciFunction("f", new PciIdentity(1, 2, PciClass.Other));
        function.AddBar(2, PciBarKind.Memory64, 0x1000, new RecordingDevice());
        Assert.Throws<ArgumentException>(() => function.AddBar(2, PciBarKind.Memory32, 0x1000, new RecordingDevice()));
        Assert.Throws<ArgumentException>(() => function.AddBar(3, PciBarKind.Memory32, 0x1000, new RecordingDevice()));
        Assert.Throws<ArgumentException>(() => function.AddBar(1, PciBarKind.Memory64, 0x1000, new RecordingDevice()));
        Assert.Throws<ArgumentOutOfRangeException>(() => function.AddBar(5, PciBarKind.Memory64, 0x1000, new RecordingDevice()));
        Assert.Throws<ArgumentOutOfRangeException>(() => function.AddBar(4, PciBarKind.Memory32, 0x1800, new RecordingDevice()));
        function.AddBar(1, PciBarKind.Memory32, 0x1000, new RecordingDevice());
    }
}
