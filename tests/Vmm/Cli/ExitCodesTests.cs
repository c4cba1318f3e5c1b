using Xunit;

namespace Vmm.Tests.Vmm.Cli;

public sealed class ExitCodesTests
{
    private static readonly int[] s_ours =
        [ExitCodes.PoweredOff, ExitCodes.Usage, ExitCodes.StartFailed, ExitCodes.GuestCrashed, ExitCodes.EmulationFailed, ExitCodes.EntryFailed, ExitCodes.Internal];

    [Fact]
    public void Codes_differ_and_leave_the_shells_own_alone()
    {
        Assert.Distinct(s_ours);
        Assert.All(s_ours, code => Assert.InRange(code, 0, 125));
    }

    [Fact]
    public void Guests_status_is_odd_and_ours_are_even()
    {
        Assert.All(s_ours, code => Assert.Equal(0, code & 1));
        for (uint value = 0; value < 256; value++)
            Assert.Equal(1, ExitCodes.FromDebugExit(value << 1 | 1) & 1);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 3)]
    [InlineData(ExitCodes.LargestClearDebugExit, 125)]
    [InlineData(0xffff_ffff, 0xff)]
    public void Debug_exit_follows_the_convention_of_isa_debug_exit(uint value, int status) =>
        Assert.Equal(status, ExitCodes.FromDebugExit(value << 1 | 1));
}
