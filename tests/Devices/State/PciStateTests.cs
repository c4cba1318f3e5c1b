using System.Text.Json;
using Vmm.Devices.Bus;
using Vmm.Devices.Pci;
using Vmm.Devices.Pci.Spec;
using Vmm.Devices.State;
using Vmm.Tests.Devices.Bus;
using Vmm.Tests.Devices.Pci;
using Xunit;

namespace Vmm.Tests.Devices.State;

/// <summary>The PCI bus, saved in the middle of use.</summary>
public sealed class PciStateTests
{
    private const ulong Moved = PciTestMachine.Window64 + 0x80_0000;

    private readonly PciTestMachine _source = new();
    private readonly PciTestMachine _copy = new();

    [Fact]
    public void Bar_that_the_guest_moved_is_on_the_bus_where_it_was()
    {
        MoveBar();
        _source.SetCommand(PciCommand.MemorySpace);
        Transplant.Move(_source.Bus, _copy.Bus);
        Assert.Equal(Moved, _copy.Function.Bars[0].MappedAt?.Value);
        Assert.Contains((0, (ulong?)Moved), _copy.Function.Moves);
        Assert.Equal(_source.ReadConfig(PciRegister.Bar0), _copy.ReadConfig(PciRegister.Bar0));
        _copy.Bus.Reset();
        Assert.NotEqual(Moved, _copy.Function.Bars[0].Address.Value);
    }

    [Fact]
    public void Bar_that_is_not_enabled_is_on_no_bus()
    {
        MoveBar();
        Transplant.Move(_source.Bus, _copy.Bus);
        Assert.Null(_copy.Function.Bars[0].MappedAt);
        _copy.SetCommand(PciCommand.MemorySpace);
        Assert.Equal(Moved, _copy.Function.Bars[0].MappedAt?.Value);
    }

    [Fact]
    public void Vector_that_waits_is_sent_once_when_it_is_unmasked_after_the_restore()
    {
        _source.EnableMsix(MsixSpec.FunctionMask);
        ulong table = _source.Function.Bars[1].Address.Value;
        _source.Memory.Out32(table + 16, 0xFEE0_1000);
        _source.Memory.Out32(table + 16 + 8, 77);
        _source.Memory.Out32(table + 16 + 12, 0);
        _source.Function.Msix!.Signal(1);
        Transplant.Move(_source.Bus, _copy.Bus);
        Assert.Equal(0, _copy.Msi.Count);
        Assert.True(_copy.Function.Msix!.IsPending(1));
        _copy.EnableMsix();
        Assert.Equal((1, 77u), (_copy.Msi.Count, _copy.Msi.Last.Data));
        _copy.Function.Msix.Signal(1);
        Assert.Equal(2, _copy.Msi.Count);
    }

    [Fact]
    public void Pin_stays_shut_while_messages_are_on()
    {
        _source.EnableMsix();
        Transplant.Move(_source.Bus, _copy.Bus);
        _copy.Function.Intx!.Set(true);
        Assert.False(_copy.Line.Level);
        Assert.Equal(0, _copy.Line.Edges);
    }

    [Fact, Trait("Row", "70")]
    public void Another_device_is_refused_by_the_name_of_its_register()
    {
        var other = new PciBus(new AddressBus("memory"), new PciWindow(PciTestMachine.Window32, PciTestMachine.WindowSize));
        other.Add(PciTestMachine.Device, new PciFunction("test", new PciIdentity(0x1af4, 0x1041, PciClass.Ethernet)));
        other.AssignAddresses();
        string message = Assert.Throws<StateException>(() => Transplant.Move(other, _copy.Bus)).Message;
        Assert.Contains("test: configuration register 0x02 (device) is 0x41, and 0x42 here", message, StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "70")]
    public void Unknown_missing_and_misplaced_functions_are_refused_by_name()
    {
        var bare = new PciBus(new AddressBus("memory"));
        Assert.Contains("test, which this machine has as device 3, is missing", Refusal(bare, _copy.Bus), StringComparison.Ordinal);
        Assert.Contains("test as device 3: there is none in this machine", Refusal(_source.Bus, bare), StringComparison.Ordinal);
        var renamed = new PciBus(new AddressBus("memory"));
        renamed.Add(PciTestMachine.Device, new PciFunction("disk7", new PciIdentity(0x1af4, 0x1042, PciClass.MassStorage)));
        Assert.Contains("test as device 3, which is disk7 in this machine", Refusal(_source.Bus, renamed), StringComparison.Ordinal);
    }

    [Fact, Trait("Row", "72")]
    public void Refused_state_leaves_the_bus_as_it_was()
    {
        MoveBar();
        _source.EnableMsix();
        string text = _source.Bus.SaveState().GetRawText();
        JsonElement damaged = JsonElement.Parse(text.Replace("\"pending\":\"", "\"pending\":\"AAAA", StringComparison.Ordinal));
        string before = _copy.Bus.SaveState().GetRawText();
        Assert.Throws<StateException>(() => _copy.Bus.RestoreState(1, damaged));
        Assert.Equal(before, _copy.Bus.SaveState().GetRawText());
        Assert.Null(_copy.Function.Bars[0].MappedAt);
    }

    private static string Refusal(PciBus source, PciBus copy) => Assert.Throws<StateException>(() => Transplant.Move(source, copy)).Message;

    private void MoveBar()
    {
        _source.WriteConfig(PciRegister.Bar0, unchecked((uint)Moved));
        _source.WriteConfig(PciRegister.Bar0 + 4, (uint)(Moved >> 32));
    }
}
