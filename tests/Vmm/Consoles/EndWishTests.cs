using Vmm.Consoles;
using Xunit;

namespace Vmm.Tests.Vmm.Consoles;

public sealed class EndWishTests
{
    private const int Hangup = 1;
    private const int Terminate = 15;

    private readonly EndWish _wish = new();

    [Fact]
    public void First_signal_stops_the_machine_and_is_the_one_remembered()
    {
        Assert.Equal(0, _wish.Signal);
        Assert.Equal(EndWish.Meaning.Stop, _wish.Take(Terminate, 5));
        Assert.Equal(EndWish.Meaning.Same, _wish.Take(Hangup, 5));
        Assert.Equal(Terminate, _wish.Signal);
    }

    [Fact]
    public void Signals_within_a_second_are_one_wish_and_a_later_one_ends_the_process()
    {
        _wish.Take(Terminate, 5);
        Assert.Equal(EndWish.Meaning.Same, _wish.Take(Terminate, 4 + EndWish.SameMilliseconds));
        Assert.Equal(EndWish.Meaning.EndAtOnce, _wish.Take(Terminate, 5 + EndWish.SameMilliseconds));
    }

    /// <summary>The second signal of timeout(1) came after a guest that ends quickly, and no statistics were shown.</summary>
    [Fact]
    public void Rest_of_a_wish_does_not_cut_off_what_is_said_about_the_end()
    {
        _wish.Take(Terminate, 5);
        _wish.MachineEnded();
        Assert.Equal(EndWish.Meaning.Same, _wish.Take(Terminate, 6));
        Assert.Equal(EndWish.Meaning.EndAtOnce, _wish.Take(Hangup, 5 + EndWish.SameMilliseconds));
    }

    [Fact]
    public void After_a_guest_that_ended_by_itself_a_signal_ends_the_process()
    {
        _wish.MachineEnded();
        Assert.Equal(EndWish.Meaning.EndAtOnce, _wish.Take(Terminate, 5));
        Assert.Equal(EndWish.Meaning.EndAtOnce, _wish.Take(Terminate, 6));
    }
}
