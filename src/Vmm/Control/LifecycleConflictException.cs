using Vmm.Host;

namespace Vmm.Control;

/// <summary>A command came in a state in which it is not possible.</summary>
/// <param name="state">The state there is.</param>
/// <param name="command">What was asked.</param>
internal sealed class LifecycleConflictException(VmState state, VmCommand command) : VmmException(Explain(state, command))
{
    /// <summary>The state there is.</summary>
    public VmState State { get; } = state;

    /// <summary>What was asked.</summary>
    public VmCommand Command { get; } = command;

    private static string Explain(VmState state, VmCommand command)
    {
        string needed = string.Join(" or ", VmLifecycle.Needed(command).Select(Name));
        return $"cannot {Verb(command)}: the VM is {Name(state)}, and would have to be {needed}";
    }

    private static string Name(VmState state) => state switch
    {
        VmState.None => "not created",
        VmState.Shutdown => "shut down",
        _ => state.ToString().ToLowerInvariant(),
    };

    private static string Verb(VmCommand command) => command switch
    {
        VmCommand.PowerButton => "press the power button",
        VmCommand.Nmi => "send an NMI",
        VmCommand.Shutdown => "shut down",
        _ => command.ToString().ToLowerInvariant(),
    };
}
