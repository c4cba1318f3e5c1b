using Vmm.Snapshot;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.State;

/// <summary>What a process goes through once before a guest is held for it.</summary>
public sealed class DressRehearsalTests
{
    [Fact]
    public void It_is_gone_through_to_its_end()
    {
        KvmDevice.Require();
        DressRehearsal.Finish();
        Assert.Null(DressRehearsal.Fault);
    }

    [Fact]
    public void Whoever_waits_for_it_waits_for_the_same_one()
    {
        KvmDevice.Require();
        DressRehearsal.Begin();
        DressRehearsal.Begin();
        Parallel.For(0, 4, _ => DressRehearsal.Finish());
        Assert.Null(DressRehearsal.Fault);
    }
}
