using Vmm.Host;

namespace Vmm.Control;

/// <summary>A command came in a state in which it is not possible.</summary>
/// <param name="state">The state there is.</param>
/// <param name="command">What was asked.</param>
/// <param name="because">Why, when it is not the state; null for that.</param>
internal sealed class LifecycleConflictException(VmState state, VmCommand command, string? because = null)
    : VmmException(because is null ? Explain(state, command) : $"cannot {Verb(command)}: {because}")
{
    /// <summary>The state there is.</summary>
    public VmState State { get; } = state;

    /// <summary>What was asked.</summary>
    public VmCommand Command { get; } = command;

    /// <summary>Whether the state by itself would allow it.</summary>
    public bool IsBusy { get; } = because is not null;

    private static string Explain(VmState state, VmCommand command)
    {
        string needed = string.Join(" or ", VmLifecycle.Needed(command).Select(Name));
        string help = state switch
        {
            VmState.Paused when command == VmCommand.PowerButton => ": resume it first, or end it at once (stop --force)",
            VmState.Crashed => ": look at it (inspect, coredump), start it again (reboot) or end it (stop --force)",
            _ => "",
        };
        return $"cannot {Verb(command)}: the VM is {Name(state)}, and would have to be {needed}{help}";
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
        VmCommand.Link => "change a link",
        VmCommand.Snapshot => "take a snapshot",
        VmCommand.RenewGeneration => "renew the generation ID",
        VmCommand.Coredump => "write a core file",
        VmCommand.Resize => "resize or limit",
        VmCommand.Shutdown => "shut down",
        _ => command.ToString().ToLowerInvariant(),
    };
}
