using Vmm.Devices.Pci;
using Vmm.Devices.Pci.Spec;
using Vmm.Tests.Devices.Bus;
using Xunit;

namespace Vmm.Tests.Devices.Pci;

public class PciBusTests
{
    private readonly PciTestMachine _machine = new();

    private void PlaceBar0(ulong address)
    {
        _machine.WriteConfig(PciRegister.Bar0, (uint)address);
        _machine.WriteConfig(PciRegister.Bar0 + 4, (uint)(address >> 32));
    }

    private PciBar Bar0 => _machine.Function.Bars[0];

    [Fact]
    public void Device_zero_is_a_host_bridge()
    {
        Assert.Equal(0x0600u, _machine.ReadConfig(PciRegister.Revision, device: 0) >> 16);
    }

    [Fact]
    public void Bars_get_distinct_aligned_addresses_and_wait_for_memory_space()
    {
        Assert.Equal(PciTestMachine.Window32, Bar0.Address.Value);
        Assert.Equal(PciTestMachine.Window32 + 0x4000, _machine.Function.Bars[1].Address.Value);
        Assert.Equal(0, _machine.Memory.Ranges.Length);

        _machine.SetCommand(PciCommand.MemorySpace);
        Assert.Equal(2, _machine.Memory.Ranges.Length);
        Assert.Equal(0x5a, _machine.Memory.In8(PciTestMachine.Window32 + 0x123));
        Assert.Equal(0x123ul, _machine.Content.LastOffset);

        _machine.SetCommand(0);
        Assert.Equal(0, _machine.Memory.Ranges.Length);
    }

    [Fact, Trait("Row", "47")]
    public void Sizing_writes_tell_the_size_and_the_old_address_comes_back()
    {
        uint low = _machine.ReadConfig(PciRegister.Bar0);
        PlaceBar0(ulong.MaxValue);
        Assert.Equal(0xffff_c000 | PciBarBits.Memory64, _machine.ReadConfig(PciRegister.Bar0));
        Assert.Equal(0xffff_ffff, _machine.ReadConfig(PciRegister.Bar0 + 4));
        PlaceBar0(low);
        Assert.Equal(low, _machine.ReadConfig(PciRegister.Bar0));
        Assert.Equal(PciTestMachine.Window32, Bar0.Address.Value);
    }

    [Fact, Trait("Row", "47")]
    public void Sizing_with_memory_space_enabled_leaves_the_bar_where_it_was_in_the_end()
    {
        _machine.SetCommand(PciCommand.MemorySpace);
        uint low = _machine.ReadConfig(PciRegister.Bar0);
        _machine.WriteConfig(PciRegister.Bar0, 0xffff_ffff);
        Assert.Null(Bar0.MappedAt);
        _machine.WriteConfig(PciRegister.Bar0, low);
        Assert.Equal(PciTestMachine.Window32, Bar0.MappedAt?.Value);
    }

    [Fact]
    public void Moving_a_bar_moves_it_on_the_memory_bus_and_tells_the_function()
    {
        _machine.SetCommand(PciCommand.MemorySpace);
        _machine.Function.Moves.Clear();
        PlaceBar0(PciTestMachine.Window64 + 0x8000);

        Assert.Equal(0x5a, _machine.Memory.In8(PciTestMachine.Window64 + 0x8000));
        Assert.Equal(0xff, _machine.Memory.In8(PciTestMachine.Window32));
        // The low half arrives first: for a moment the BAR is at an address in the lower 4 GiB that is no window.
        Assert.Equal([(0, null), (0, PciTestMachine.Window64 + 0x8000)], _machine.Function.Moves);
    }

    [Theory, Trait("Row", "47")]
    [InlineData(0x0)]                                                              // RAM
    [InlineData(0x10_0000)]                                                        // RAM
    [InlineData(0xFEC0_0000)]                                                      // I/O APIC
    [InlineData(PciTestMachine.Window32 - 0x4000)]                                 // before the window
    [InlineData(PciTestMachine.Window32 + PciTestMachine.WindowSize)]              // behind it
    [InlineData(0xFFFF_FFFF_FFFF_C000)]                                            // the very end
    public void Bar_outside_the_windows_is_not_mapped_but_reads_as_written(ulong address)
    {
        _machine.SetCommand(PciCommand.MemorySpace);
        PlaceBar0(address);

        Assert.Null(Bar0.MappedAt);
        Assert.Equal(0xff, _machine.Memory.In8(address));
        Assert.Equal((uint)address | PciBarBits.Memory64, _machine.ReadConfig(PciRegister.Bar0));
        Assert.Equal((uint)(address >> 32), _machine.ReadConfig(PciRegister.Bar0 + 4));
    }

    [Fact, Trait("Row", "47")]
    public void Bar_on_another_bar_is_refused_until_the_other_leaves()
    {
        _machine.SetCommand(PciCommand.MemorySpace);
        ulong msix = _machine.Function.Bars[1].Address.Value;
        PlaceBar0(msix & ~0x3fffUL);
        Assert.Null(Bar0.MappedAt);
        Assert.Equal(msix, _machine.Function.Bars[1].MappedAt?.Value);

        _machine.WriteConfig(PciRegister.Bar0 + 8, (uint)PciTestMachine.Window32);
        Assert.Equal(msix & ~0x3fffUL, Bar0.MappedAt?.Value);
        Assert.Equal(PciTestMachine.Window32, _machine.Function.Bars[1].MappedAt?.Value);
    }

    [Fact, Trait("Row", "47")]
    public void Bar_on_another_device_in_the_window_is_refused()
    {
        _machine.Memory.TryAdd(PciTestMachine.Window64 + 0x2000, 0x1000, new RecordingDevice());
        _machine.SetCommand(PciCommand.MemorySpace);
        PlaceBar0(PciTestMachine.Window64);
        Assert.Null(Bar0.MappedAt);
    }

    [Theory, Trait("Row", "47")]
    [InlineData(1, 0, 0)]    // next bus
    [InlineData(255, 31, 7)] // last bus
    [InlineData(0, 3, 1)]    // function that is not there
    [InlineData(0, 4, 0)]    // device that is not there
    public void Ecam_of_nothing_reads_all_ones_and_drops_writes(int bus, int device, int function)
    {
        ulong offset = (ulong)bus << 20 | (ulong)device << 15 | (ulong)function << 12;
        Assert.Equal(0xffff_ffffu, _machine.Ecam.In32(offset));
        _machine.Ecam.Out32(offset + 4, 0xffff_ffff);
        Assert.Equal(0xffff_ffff_ffff_ffff, _machine.Ecam.In64(offset));
        Assert.Equal(0, _machine.Memory.Ranges.Length);
    }

    [Fact, Trait("Row", "47")]
    public void Ecam_past_the_last_bus_does_not_wrap_round()
    {
        Assert.Equal(0xffff_ffffu, _machine.Ecam.In32(0x1000_0000));
        Assert.Equal(0xffff_ffffu, _machine.Ecam.In32(0x1_0000_0000_0000));
    }

    [Fact, Trait("Row", "31")]
    public void Configuration_space_past_its_end_reads_all_ones()
    {
        ulong function = (ulong)PciTestMachine.Device << 15;
        Assert.Equal(0xffff_ffffu, _machine.Ecam.In32(function + 0x100));
        Assert.Equal(0xffff_ffffu, _machine.Ecam.In32(function + 0xfe));
        Assert.Equal(0xffff_ffffu, _machine.Ecam.In32(function + 0xffe)); // into the next function
    }

    [Fact, Trait("Row", "32")]
    public void Read_only_registers_keep_their_values()
    {
        uint[] before = [.. Enumerable.Range(0, 64).Select(i => _machine.ReadConfig(i * 4))];
        int[] writable = [PciRegister.Command / 4, PciRegister.CacheLineSize / 4, 4, 5, 6, PciRegister.InterruptLine / 4, PciRegister.HeaderEnd / 4];
        for (int i = 0; i < 64; i++)
            _machine.WriteConfig(i * 4, ~before[i]);

        for (int i = 0; i < 64; i++)
        {
            if (!writable.Contains(i))
                Assert.Equal(before[i], _machine.ReadConfig(i * 4));
        }
        Assert.Equal(before[15] >> 8, _machine.ReadConfig(PciRegister.InterruptLine) >> 8); // only the line, not the pin
    }

    [Fact]
    public void Capability_list_leads_from_the_header_to_msix()
    {
        Assert.NotEqual(0u, _machine.ReadConfig(PciRegister.Command) >> 16 & PciStatus.CapabilityList);
        int offset = (int)_machine.ReadConfig(PciRegister.CapabilityPointer);
        uint header = _machine.ReadConfig(offset);
        Assert.Equal(PciCapabilityId.Msix, (byte)header);
        Assert.Equal(0, (byte)(header >> 8));
        Assert.Equal(2u, header >> 16); // three vectors
        Assert.Equal(2u, _machine.ReadConfig(offset + MsixSpec.Table));
        Assert.Equal(0x802u, _machine.ReadConfig(offset + MsixSpec.Pba));
    }

    [Fact]
    public void Reset_returns_to_power_on()
    {
        _machine.EnableMsix();
        PlaceBar0(PciTestMachine.Window64);
        _machine.Bus.Reset();

        Assert.Equal(0, _machine.Memory.Ranges.Length);
        Assert.Equal(PciTestMachine.Window32, Bar0.Address.Value);
        Assert.False(_machine.Function.Msix!.Enabled);
    }

    [Fact]
    public void Two_functions_swap_places()
    {
        var content = new RecordingDevice("other", 0xa5);
        var other = new TestFunction("other", content, _machine.Msi, new RecordingLine());
        _machine.Bus.Add(4, other);
        _machine.Bus.AssignAddresses();
        ulong here = Bar0.Address.Value;
        ulong there = other.Bars[0].Address.Value;
        Assert.NotEqual(here, there);
        _machine.SetCommand(PciCommand.MemorySpace);
        _machine.WriteConfig(PciRegister.Command, PciCommand.MemorySpace, device: 4);

        PlaceBar0(there);
        _machine.WriteConfig(PciRegister.Bar0, (uint)here, device: 4);
        Assert.Equal(0x5a, _machine.Memory.In8(there));
        Assert.Equal(0xa5, _machine.Memory.In8(here));
    }

    [Fact]
    public async Task Configuration_accesses_from_several_vcpus_leave_the_map_consistent()
    {
        _machine.SetCommand(PciCommand.MemorySpace);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(t => Task.Run(() =>
        {
            for (int i = 0; i < 5_000; i++)
            {
                _machine.WriteConfig(PciRegister.Bar0 + t % 3 * 4, (uint)(PciTestMachine.Window32 + (ulong)(i * 0x1000 % 0x40000)));
                _machine.SetCommand((i + t) % 5 == 0 ? (ushort)0 : PciCommand.MemorySpace);
            }
        })));

        _machine.WriteConfig(PciRegister.Bar0 + 4, 0);
        PlaceBar0(PciTestMachine.Window32);
        _machine.WriteConfig(PciRegister.Bar0 + 8, (uint)PciTestMachine.Window32 + 0x8000);
        _machine.SetCommand(PciCommand.MemorySpace);
        Assert.Equal([PciTestMachine.Window32, PciTestMachine.Window32 + 0x8000], _machine.Memory.Ranges.ToArray().Select(r => r.Start));
    }
}
