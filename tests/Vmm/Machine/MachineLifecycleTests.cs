using Vmm.Host;
using Vmm.Machine;
using Xunit;

namespace Vmm.Tests.Vmm.Machine;

public class MachineLifecycleTests
{
    [Fact]
    public void The_table_has_these_moves_and_no_others()
    {
        (MachineState, MachineState)[] legal =
        [
            (MachineState.Created, MachineState.Running),
            (MachineState.Running, MachineState.Paused),
            (MachineState.Paused, MachineState.Running),
            (MachineState.Running, MachineState.Crashed),
            (MachineState.Paused, MachineState.Crashed),
            (MachineState.Created, MachineState.Ended),
            (MachineState.Crashed, MachineState.Ended),
            (MachineState.Running, MachineState.Ended),
            (MachineState.Paused, MachineState.Ended),
        ];
        foreach (MachineState from in Enum.GetValues<MachineState>())
        {
            foreach (MachineState to in Enum.GetValues<MachineState>())
                Assert.Equal(legal.Contains((from, to)), MachineLifecycle.IsLegal(from, to));
        }
    }

    [Fact]
    public void An_illegal_move_is_a_conflict_that_names_both_states()
    {
        MachineLifecycle lifecycle = new();
        VmmException conflict = Assert.Throws<VmmException>(() => lifecycle.MoveTo(MachineState.Paused));
        Assert.Contains("created", conflict.Message);
        Assert.Contains("paused", conflict.Message);
        Assert.Equal(MachineState.Created, lifecycle.State);
    }

    [Fact]
    public void The_end_comes_once()
    {
        MachineEnd end = new();
        Assert.True(end.TrySet(new MachineOutcome(OutcomeKind.PoweredOff)));
        Assert.False(end.TrySet(new MachineOutcome(OutcomeKind.Reset)));
        Assert.Equal(OutcomeKind.PoweredOff, end.Outcome?.Kind);
    }
}
