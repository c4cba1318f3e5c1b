using Vmm.Control;
using Xunit;

namespace Vmm.Tests.Vmm.Control;

public sealed class VmLifecycleTests
{
    private static readonly Dictionary<(VmState, VmCommand), VmState> s_possible = new()
    {
        [(VmState.None, VmCommand.Create)] = VmState.Created,
        [(VmState.Created, VmCommand.Boot)] = VmState.Running,
        [(VmState.Created, VmCommand.Delete)] = VmState.None,
        [(VmState.Running, VmCommand.Pause)] = VmState.Paused,
        [(VmState.Running, VmCommand.PowerButton)] = VmState.Running,
        [(VmState.Running, VmCommand.Nmi)] = VmState.Running,
        [(VmState.Running, VmCommand.Reboot)] = VmState.Running,
        [(VmState.Running, VmCommand.Link)] = VmState.Running,
        [(VmState.Paused, VmCommand.Link)] = VmState.Paused,
        [(VmState.Running, VmCommand.Resize)] = VmState.Running,
        [(VmState.Paused, VmCommand.Resize)] = VmState.Paused,
        [(VmState.Running, VmCommand.RenewGeneration)] = VmState.Running,
        [(VmState.Paused, VmCommand.RenewGeneration)] = VmState.Paused,
        [(VmState.None, VmCommand.Restore)] = VmState.Paused,
        [(VmState.Running, VmCommand.Snapshot)] = VmState.Running,
        [(VmState.Paused, VmCommand.Snapshot)] = VmState.Paused,
        [(VmState.Running, VmCommand.Inspect)] = VmState.Running,
        [(VmState.Paused, VmCommand.Inspect)] = VmState.Paused,
        [(VmState.Running, VmCommand.Coredump)] = VmState.Running,
        [(VmState.Paused, VmCommand.Coredump)] = VmState.Paused,
        [(VmState.Running, VmCommand.Migrate)] = VmState.Running,
        [(VmState.Paused, VmCommand.Migrate)] = VmState.Paused,
        [(VmState.Running, VmCommand.Trace)] = VmState.Running,
        [(VmState.Paused, VmCommand.Trace)] = VmState.Paused,
        [(VmState.Running, VmCommand.Shutdown)] = VmState.Shutdown,
        [(VmState.Running, VmCommand.Delete)] = VmState.None,
        [(VmState.Paused, VmCommand.Resume)] = VmState.Running,
        [(VmState.Paused, VmCommand.Reboot)] = VmState.Running,
        [(VmState.Paused, VmCommand.Shutdown)] = VmState.Shutdown,
        [(VmState.Paused, VmCommand.Delete)] = VmState.None,
        [(VmState.Crashed, VmCommand.Inspect)] = VmState.Crashed,
        [(VmState.Crashed, VmCommand.Coredump)] = VmState.Crashed,
        [(VmState.Crashed, VmCommand.Reboot)] = VmState.Running,
        [(VmState.Crashed, VmCommand.Shutdown)] = VmState.Shutdown,
        [(VmState.Crashed, VmCommand.Delete)] = VmState.None,
        [(VmState.Shutdown, VmCommand.Boot)] = VmState.Running,
        [(VmState.Shutdown, VmCommand.Delete)] = VmState.None,
    };

    private static readonly Dictionary<VmState, string> s_names = new()
    {
        [VmState.None] = "not created",
        [VmState.Created] = "created",
        [VmState.Running] = "running",
        [VmState.Paused] = "paused",
        [VmState.Crashed] = "crashed",
        [VmState.Shutdown] = "shut down",
    };

    public static TheoryData<int, int> All
    {
        get
        {
            TheoryData<int, int> all = [];
            foreach (VmState state in Enum.GetValues<VmState>())
            {
                foreach (VmCommand command in Enum.GetValues<VmCommand>())
                    all.Add((int)state, (int)command);
            }
            return all;
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Command_is_possible_or_a_conflict_that_names_both_states(int of, int what)
    {
        (VmState state, VmCommand command) = ((VmState)of, (VmCommand)what);
        if (s_possible.TryGetValue((state, command), out VmState next))
        {
            Assert.Equal(next, VmLifecycle.Next(state, command));
            VmLifecycle.Check(state, command);
            return;
        }
        Assert.Null(VmLifecycle.Next(state, command));
        LifecycleConflictException conflict = Assert.Throws<LifecycleConflictException>(() => VmLifecycle.Check(state, command));
        Assert.Equal((state, command), (conflict.State, conflict.Command));
        Assert.Contains($"the VM is {s_names[state]}, and would have to be ", conflict.Message, StringComparison.Ordinal);
        foreach (VmState needed in s_possible.Keys.Where(pair => pair.Item2 == command).Select(pair => pair.Item1))
            Assert.Contains(s_names[needed], conflict.Message, StringComparison.Ordinal);
    }
}
