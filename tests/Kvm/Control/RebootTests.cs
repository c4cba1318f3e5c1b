using Vmm.Control;
using Vmm.Logging;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.Control;

/// <summary>Commands that come while the guest is being started again.</summary>
public sealed class RebootTests
{
    private const int Rounds = 20;

    [Fact]
    public void Command_that_follows_a_reboot_at_once_is_for_the_machine_that_starts()
    {
        KvmDevice.Require();
        using VmmLog log = new("test", [], TimeProvider.System);
        using VmControl control = new(new EventHub(TimeProvider.System), log);
        control.Create(TinyMachine.Describe("monitor", "", mebibytes: 4));
        control.Boot();
        for (int round = 1; round <= Rounds; round++)
        {
            control.Reboot();
            control.Pause();
            Assert.Equal(VmState.Paused, control.State);
            Assert.Equal(round, control.Run!.Resets);
            control.Resume();
        }
    }
}
