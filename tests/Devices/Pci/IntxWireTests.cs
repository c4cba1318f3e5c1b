using Vmm.Devices.Interrupts;
using Vmm.Devices.Pci;
using Xunit;

namespace Vmm.Tests.Devices.Pci;

public class IntxWireTests
{
    private readonly RecordingLine _line = new();

    [Fact]
    public void Wire_is_asserted_until_the_last_pin_lets_go()
    {
        var wire = new IntxWire(_line);
        IInterruptLine first = wire.Connect();
        IInterruptLine second = wire.Connect();
        first.Raise();
        first.Raise();
        second.Raise();
        first.Lower();
        first.Lower();
        Assert.True(_line.Level);
        second.Lower();
        Assert.False(_line.Level);
        Assert.Equal((1, 0), (_line.Edges, _line.Redundant));
    }

    [Fact, Trait("Row", "35")]
    public async Task Pins_on_several_threads_leave_the_wire_low_in_the_end()
    {
        var wire = new IntxWire(_line);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            IInterruptLine end = wire.Connect();
            for (int i = 0; i < 10_000; i++)
                end.Pulse();
        })));
        Assert.False(_line.Level);
        Assert.Equal(0, _line.Redundant);
    }
}
