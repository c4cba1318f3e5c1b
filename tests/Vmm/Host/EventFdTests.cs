using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

public sealed class EventFdTests
{
    [Fact]
    public void Signals_are_counted_until_they_are_consumed()
    {
        using EventFd signal = new();
        signal.Signal();
        signal.Signal();
        Assert.Equal(2UL, signal.Consume());
        Assert.Equal(0UL, signal.Consume());
    }

    [Fact]
    public void Signal_after_disposal_does_not_reach_the_next_owner_of_the_number()
    {
        (EventFd closed, EventFd next) = TakeOverNumber();
        using (next)
        {
            closed.Signal();
            Assert.Equal(0UL, next.Consume());
        }
    }

    [Fact]
    public void Consume_after_disposal_does_not_take_the_signals_of_the_next_owner_of_the_number()
    {
        (EventFd closed, EventFd next) = TakeOverNumber();
        using (next)
        {
            next.Signal();
            Assert.Equal(0UL, closed.Consume());
            Assert.Equal(1UL, next.Consume());
        }
    }

    [Fact]
    public void Post_to_a_loop_that_was_disposed_does_nothing()
    {
        EventLoop loop = new("test");
        loop.Dispose();
        loop.Post(() => Assert.Fail("posted too late"));
    }

    /// <summary>A disposed eventfd, and a live one that got its descriptor number.</summary>
    private static (EventFd Closed, EventFd Next) TakeOverNumber()
    {
        EventFd closed = new();
        int number = closed.Fd.Number;
        closed.Dispose();
        // The kernel gives out the lowest free number; tests that run beside this one may take it first.
        List<EventFd> others = [];
        EventFd next = new();
        while (next.Fd.Number != number && others.Count < 100)
        {
            others.Add(next);
            next = new EventFd();
        }
        others.ForEach(other => other.Dispose());
        if (next.Fd.Number == number)
            return (closed, next);
        next.Dispose();
        Assert.Skip("another thread of this process took the number");
        return default;
    }
}
