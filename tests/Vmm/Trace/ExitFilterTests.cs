using Vmm.Kvm.Abi;
using Vmm.Trace;
using Vmm.Trace.Format;
using Xunit;

namespace Vmm.Tests.Vmm.Trace;

/// <summary>Which exits of the sample a filter lets through.</summary>
public class ExitFilterTests
{
    [Fact]
    public void Empty_filter_lets_everything_through()
    {
        Assert.True(new ExitFilter().IsOpen);
        Assert.Equal(4, Count(new()));
    }

    [Fact]
    public void Each_part_leaves_out_what_it_does_not_name()
    {
        Assert.Equal(1, Count(new() { Reasons = ["hlt"] }));
        Assert.Equal(3, Count(new() { Reasons = ["io", "mmio"] }));
        Assert.Equal(1, Count(new() { Vcpus = [1] }));
        Assert.Equal(2, Count(new() { Devices = ["serial0"] }));
        Assert.Equal(1, Count(new() { Devices = [ExitFilter.Nobody] }));
        Assert.Equal(1, Count(new() { Ranges = [new(Ports: true, 0x3f8, 0x3fa)] }));
        Assert.Equal(0, Count(new() { Ranges = [new(Ports: false, 0x3f8, 0x3fa)] }));
        Assert.Equal(1, Count(new() { Ranges = [new(Ports: false, 0xfee0_0000, ulong.MaxValue)] }));
    }

    [Fact]
    public void All_parts_must_agree() => Assert.Equal(0, Count(new() { Vcpus = [1], Reasons = ["io"] }));

    [Fact]
    public void Steps_are_exits_for_debug_and_no_access()
    {
        TracedExit step = new() { Vcpu = 0, Answered = 0, Handled = 0, InGuest = 0, Reason = KvmExitReason.KVM_EXIT_DEBUG };
        ExitFilter[] filters =
        [
            new(), new() { Reasons = ["debug"] }, new() { Reasons = ["io"] }, new() { Devices = ["serial0"] }, new() { Devices = [ExitFilter.Nobody] }, new() { Ranges = [new(Ports: true, 0, 0xffff)] },
        ];
        Assert.Equal([true, true, false, false, false, false], filters.Select(filter => filter.WantsSteps));
        // What is saved while it runs is what is shown of a trace that has everything.
        Assert.Equal(filters.Select(filter => filter.Wants(step)), filters.Select(filter => filter.WantsSteps));
    }

    private static int Count(ExitFilter filter) => TraceFormatTests.Reader(TraceFormatTests.Sample(out _)).Exits().Count(filter.Wants);
}
