using Vmm.Control;

namespace Vmm.Api;

/// <summary>The HTTP status of a command that the VM's state does not allow: what Cloud Hypervisor's document names where it names one.</summary>
internal static class ConflictStatus
{
    private const int NotCreated = 404;
    private const int WrongState = 405;
    private const int Conflict = 409;

    /// <summary>The status.</summary>
    public static int Of(LifecycleConflictException conflict) => (conflict.State, conflict.Command) switch
    {
        _ when conflict.IsBusy => Conflict,
        (VmState.None, _) => NotCreated,
        (_, VmCommand.Create or VmCommand.Boot or VmCommand.Restore) => Conflict,
        _ => WrongState,
    };
}
