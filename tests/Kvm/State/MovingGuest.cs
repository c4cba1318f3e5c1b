using System.Text.Json;
using Vmm.Guest.Memory;
using Vmm.Kvm.State;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Snapshot.State;
using Vmm.Tests.Kvm.Firmware;
using Xunit;

namespace Vmm.Tests.Kvm.State;

/// <summary>A tiny guest that is torn down and brought back in another VM, as often as wanted.</summary>
internal sealed class MovingGuest : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly MachineConfig _config;
    private readonly Printed _printed = new();
    private MicroVm _vm;

    public MovingGuest(string firmware, string parameters, int vcpus = 1, bool run = true)
    {
        KvmDevice.Require();
        _config = TinyMachine.Describe(firmware, parameters, vcpus);
        _vm = Build(null);
        if (run)
            _vm.Machine.Start();
    }

    public MicroVm Vm => _vm;

    public string Output => _printed.Text;

    /// <summary>Freezes it, takes it apart, and has it go on in a new VM.</summary>
    /// <returns>What was saved.</returns>
    public SavedState Move(bool run = true, Func<SavedState, SavedState>? change = null)
    {
        if (_vm.Machine.State == MachineState.Running)
            _vm.Machine.Pause();
        SavedState state = Freeze();
        byte[] memory = CopyMemory();
        _vm.Dispose();
        _vm = Build(new FrozenOrigin(memory, change?.Invoke(state) ?? state));
        if (run)
            _vm.Machine.Start();
        return state;
    }

    /// <summary>The state as it comes out of a file: as text, and read again.</summary>
    public SavedState Freeze()
    {
        SavedState state = StateSections.Save(_vm.Parts);
        return state with { Sections = [.. state.Sections.Select(s => s with { State = JsonDocument.Parse(s.State.GetRawText()).RootElement })] };
    }

    /// <summary>Builds another machine from a state and this one's memory, and takes it apart.</summary>
    public void TryBuild(SavedState state) => Build(new FrozenOrigin(CopyMemory(), state)).Dispose();

    /// <summary>A vCPU's record, of a held machine.</summary>
    public VcpuRecord Vcpu(int number) => Record(Freeze(), number);

    public static VcpuRecord Record(SavedState state, int number) =>
        state.Sections.First(s => s.Name == $"vcpu{number}").State.Deserialize(KvmStateJson.Default.VcpuRecord)!;

    /// <summary>A number in the guest's memory.</summary>
    public ulong Read(ulong address)
    {
        byte[] bytes = new byte[8];
        Assert.True(_vm.Ram.Memory.TryRead(new GuestAddress(address), bytes));
        return BitConverter.ToUInt64(bytes);
    }

    /// <summary>Waits until something has come about.</summary>
    public void WaitFor(Func<bool> holds, string what)
    {
        SpinWait.SpinUntil(() => holds() || _vm.Machine.State == MachineState.Ended, s_patience);
        Assert.True(holds(), $"{what} did not come about; the machine is {_vm.Machine.State} and has printed: {Output}");
    }

    public MachineOutcome WaitForEnd() => _vm.Machine.WaitForEnd();

    public void Dispose() => _vm.Dispose();

    private MicroVm Build(IMachineOrigin? origin) =>
        MachineBuilder.Build(_config, new MachineConsoles(_printed, null, _printed), origin: origin);

    private unsafe byte[] CopyMemory() => new ReadOnlySpan<byte>((void*)_vm.Ram.Start, (int)_vm.Ram.Length).ToArray();
}
