using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

public sealed class ThreadTimesTests
{
    [Fact]
    public void Guest_time_is_told_apart_from_the_user_time_that_contains_it()
    {
        ThreadTimes times = ThreadTimes.ParseStat("17 (vcpu0) S 1 2 3 4 5 6 7 8 9 10 250 30 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 200 0 45\n"u8);
        Assert.Equal((2_000_000_000, 500_000_000, 300_000_000), (times.Guest, times.User, times.System));
    }

    [Fact]
    public void A_thread_s_name_may_look_like_the_rest_of_the_line()
    {
        ThreadTimes times = ThreadTimes.ParseStat("17 (a) S 9 9) S 1 2 3 4 5 6 7 8 9 10 1 2 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 0 0 45\n"u8);
        Assert.Equal((0, 10_000_000, 20_000_000), (times.Guest, times.User, times.System));
    }

    [Fact]
    public void Schedule_statistics_are_time_on_a_processor_and_time_waiting() =>
        Assert.Equal((6318803, 1243692), ThreadTimes.ParseSchedule("6318803 1243692 2\n"u8));

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("no numbers here")]
    public void A_line_that_says_nothing_is_zeros(string line)
    {
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(line);
        Assert.Equal(ThreadTimes.None, ThreadTimes.ParseStat(bytes));
        Assert.Equal((0, 0), ThreadTimes.ParseSchedule(bytes));
    }

    [Fact]
    public void A_thread_that_never_was_is_zeros() => Assert.Equal(ThreadTimes.None, ThreadTimes.Read(Environment.ProcessId, int.MaxValue));

    [Fact]
    public void The_calling_thread_has_been_on_a_processor()
    {
        ThreadTimes before = ThreadTimes.Read(Environment.ProcessId, Linux.gettid());
        Assert.True(before.Cpu > 0);
        Assert.True(ThreadTimes.Read(Environment.ProcessId, Linux.gettid()).Cpu >= before.Cpu);
    }
}
