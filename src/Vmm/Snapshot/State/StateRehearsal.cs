using Vmm.Devices.State;
using Vmm.Kvm.State;
using Vmm.Machine.Build;

namespace Vmm.Snapshot.State;

/// <summary>
/// Goes once through the work that a guest will be held for, and throws its outcome away. The first time takes several times as long
/// as the second: code is read from disk, and what turns records into JSON is made.
/// </summary>
internal static class StateRehearsal
{
    private const string FirstVcpu = "vcpu0";

    /// <summary>Saves KVM's parts and one vCPU, which is held or was never started. Devices need not be at rest: they are left out.</summary>
    /// <returns>What was saved, as the bytes of a state file.</returns>
    public static byte[] Save(MicroVm vm) =>
        StateFile.Write(StateSections.Save([.. vm.Parts.Where(part => part is InterruptControllersState or TimerState or ClockState || part.StateName == FirstVcpu)]));

    /// <summary>Saves so much of a machine that was never started, and reads it as a restore would.</summary>
    public static void SaveAndRead(MicroVm vm)
    {
        SavedState state = StateFile.Read(Save(vm), "rehearsal");
        foreach (StateSection section in state.Sections.Where(section => section.Name == FirstVcpu))
            _ = StateJson.Read(section.Name, section.State, KvmStateJson.Default.VcpuRecord);
    }
}
