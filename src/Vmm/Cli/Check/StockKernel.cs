using System.Text;
using Vmm.Consoles;
using Vmm.Devices.Backends;
using Vmm.Firmware.Guests;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;

namespace Vmm.Cli.Check;

/// <summary>Whether an unmodified Linux runs here: asked of the machine by a guest that executes what a kernel needs.</summary>
internal static class StockKernel
{
    /// <summary>What the finding is called.</summary>
    public const string Name = "stock kernel";

    private const string Probe = "probe";
    private const string Remedy = "stock kernels need a KVM on VT-x or SVM";

    /// <summary>The probe takes a millisecond; a KVM that hangs on it has answered too.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Runs the probe.</summary>
    public static HostFinding Ask()
    {
        MachineConfig config = MachineConfigResolver.Resolve(new()
        {
            Firmware = Probe,
            Memory = new() { Size = ByteSize.Parse("2M") },
            Console = ConsoleTarget.Off,
            Rng = false,
        });
        StepRecorder steps = new();
        using MicroVm vm = MachineBuilder.Build(config, new MachineConsoles(new NullSink(), null, steps));
        vm.Machine.Start();
        using Timer limit = new(_ => vm.Machine.End(new MachineOutcome(OutcomeKind.Stopped)), null, s_patience, Timeout.InfiniteTimeSpan);
        return Judge(vm.Machine.WaitForEnd(), steps.Letters);
    }

    /// <summary>Puts what the probe did into words.</summary>
    /// <param name="outcome">How it ended.</param>
    /// <param name="letters">The steps that it announced.</param>
    public static HostFinding Judge(MachineOutcome outcome, string letters)
    {
        bool ended = outcome.Kind == OutcomeKind.DebugExit;
        if (ended && outcome.Status >> 1 == ProbeStep.Passed && letters.EndsWith(ProbeStep.Finished))
            return new(Name, Verdict.Ok, "yes: all that one needs works");
        ProbeStep? step = letters.Length > 0 ? ProbeStep.Find(letters[^1]) : null;
        string where = step is null ? "the probe did not get to its first step" : $"{step.Name} {How(outcome)} ({step.Why})";
        return new(Name, Verdict.Lacks, $"no: {where}; {Remedy}. The tiny guests run");
    }

    private static string How(MachineOutcome outcome) => outcome.Kind switch
    {
        OutcomeKind.DebugExit when outcome.Status >> 1 == ProbeStep.WrongResult => "gives a wrong result",
        OutcomeKind.DebugExit => "raises an exception",
        OutcomeKind.Stopped => "never ends",
        OutcomeKind.InternalError => "cannot be emulated",
        OutcomeKind.TripleFault => "crashes the processor",
        _ => "ends the guest",
    };

    private sealed class StepRecorder : IByteSink
    {
        private readonly StringBuilder _letters = new();

        public string Letters => _letters.ToString();

        public void Write(ReadOnlySpan<byte> bytes) => _letters.Append(Encoding.ASCII.GetString(bytes));
    }
}
