using System.Globalization;
using System.Net.Sockets;
using Vmm.Control;
using Vmm.Logging;
using Vmm.Machine.Config;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Control;

/// <summary>What is changed while a guest runs is there after it was started again, whatever else was changed since.</summary>
public sealed class ReconfigureTests
{
    [Fact]
    public void Cable_that_was_pulled_stays_out_when_the_balloon_is_resized_and_the_guest_starts_again()
    {
        KvmDevice.Require();
        using Socket card = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        MachineConfig config = MachineConfigResolver.Resolve(new()
        {
            Firmware = "monitor",
            Console = ConsoleTarget.Off,
            Memory = new() { Size = ByteSize.Parse("8M") },
            Balloon = new(),
            Net = [new() { Fd = [int.Parse(card.Handle.ToString(), CultureInfo.InvariantCulture)] }],
        });
        using VmmLog log = new("test", [], TimeProvider.System);
        EventHub events = new(TimeProvider.System);
        using ManualResetEventSlim rebooted = new();
        using IDisposable watching = events.Subscribe(what =>
        {
            if (what.Name == "rebooted")
                rebooted.Set();
        });
        using VmControl control = new(events, log);
        control.Create(config);
        control.Boot();

        control.SetLink(null, NetLink.Down);
        control.Limit("net0", new RateConfig { Ops = OperationRate.Parse("7/s") });
        control.ResizeBalloon(ByteSize.Parse("1M"));
        control.Reboot();

        Assert.True(rebooted.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken));
        Assert.False(control.Run!.With(vm => vm.Network(0).IsLinkUp));
        Assert.NotNull(control.Config!.Net[0].Limit);
        Assert.Equal(ByteSize.Parse("1M"), control.Config.Balloon!.Size);
    }
}
