using Vmm.Cli;
using Vmm.Devices.Bus;
using Vmm.Host;
using Vmm.Kvm;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Trace;
using Vmm.Trace.Format;
using Vmm.Trace.Recording;

namespace Vmm.Control;

/// <content>Traces of exits.</content>
internal sealed partial class VmControl
{
    /// <summary>How often records are written that do not fill a block: who watches sees them that late at most.</summary>
    private static readonly TimeSpan s_traceRhythm = TimeSpan.FromMilliseconds(100);

    private TraceRecorder? _trace;

    /// <summary>The trace of the boot, from its first instruction; null for none. For a VM that is booted once.</summary>
    public BootTrace? BootTrace { get; init; }

    /// <summary>Records every exit until there are enough, who watches has enough, or the guest's run is over; through its resets.</summary>
    /// <param name="request">What is wanted.</param>
    /// <param name="sink">Where the trace goes.</param>
    /// <param name="hadEnough">Waits for so long, and says whether who watches has enough. On this thread, again and again.</param>
    /// <exception cref="VmmException">The VM does not run, or is traced already.</exception>
    public TraceEnd Trace(TraceRequest request, ITraceSink sink, Func<TimeSpan, bool> hadEnough)
    {
        MachineRun run;
        TraceRecorder recorder;
        lock (_commands)
        {
            Check(VmCommand.Trace);
            if (_trace is not null)
                throw new VmmException($"'{_config!.Name}' is being traced already, and one trace at a time is possible");
            run = Run!;
            int vcpus = _config!.Cpus.Count ?? 1;
            if (request.Filter.Vcpus.FirstOrDefault(vcpu => vcpu >= vcpus, -1) is int vcpu and >= 0)
                throw new VmmException($"--vcpu: there is no vCPU {vcpu}: '{_config.Name}' has {vcpus}, from 0", ExitCodes.Usage);
            if (request.Filter.Devices.Count > 0)
                run.With(vm => RefuseUnknown(request.Filter.Devices, vm));
            if (request.Step is not null && run.DebuggerPlace is { } place)
                throw new VmmException($"--step: '{_config!.Name}' was started for a debugger (--gdb), which steps it at {place}");
            recorder = _trace = new TraceRecorder(sink, HeaderOf(request.Filter), request.Filter, request.Most ?? long.MaxValue, request.Step);
            // Before another command: who has seen the head may let a held guest go.
            Switch(run, recorder, recorder);
        }
        try
        {
            Events.Publish("vm", "tracing");
            string why = "the guest's run was over";
            while (recorder.Over is null && run.State != Machine.MachineState.Ended)
            {
                if (hadEnough(s_traceRhythm))
                {
                    why = "who watched had enough";
                    break;
                }
                recorder.Mark();
            }
            Switch(run, recorder, null);
            recorder.Stop(why);
            TraceEnd end = recorder.Finish();
            Events.Publish("vm", "traced", ("exits", $"{end.Recorded}"), ("reason", end.Reason));
            return end;
        }
        finally
        {
            lock (_commands)
                _trace = null;
        }
    }

    /// <summary>A device that there is not would be waited for in vain.</summary>
    private bool RefuseUnknown(IReadOnlyList<string> wanted, MicroVm vm)
    {
        // A device whose BAR the guest has not placed yet is on no bus.
        string[] known = [.. Names(vm.Ports).Concat(Names(vm.Registers)).Concat(vm.Virtio.Select(core => core.Device.Name)).Append(ExitFilter.Nobody).Distinct()];
        return wanted.FirstOrDefault(name => !known.Contains(name)) is not { } unknown ? true
            : throw new VmmException($"--device: '{_config!.Name}' has no '{Printable.Escape(unknown)}': it has {string.Join(", ", known)}", ExitCodes.Usage);

        static IEnumerable<string> Names(AddressBus bus) => bus.Ranges.ToArray().Select(range => range.Device.Name);
    }

    /// <summary>Begins or ends. Who watches has its answer already: what goes wrong now is how the trace ends.</summary>
    private static void Switch(MachineRun run, TraceRecorder trace, TraceRecorder? recorder)
    {
        try
        {
            run.Trace(recorder);
        }
        catch (Exception refused) when (refused is VmmException or HostException)
        {
            trace.Stop(refused.Message);
        }
    }

    /// <summary>The trace of a boot could not be written any more: the guest goes on without.</summary>
    private void OnBootTraceOver(MachineRun run, TraceRecorder trace)
    {
        Switch(run, trace, null);
        lock (_commands)
            _trace = null;
    }

    private TraceHeader HeaderOf(ExitFilter filter, bool fromStart = false) => new()
    {
        Machine = _config!.Name,
        Vcpus = _config.Cpus.Count ?? 1,
        Kernel = _config.Kernel ?? _config.Firmware,
        Program = $"vmm {VersionCommand.Current}",
        Host = Environment.OSVersion.VersionString,
        Processor = HostProcessor.Name,
        Started = DateTimeOffset.UtcNow,
        FromStart = fromStart,
        Filter = filter.IsOpen ? null : filter,
    };
}
