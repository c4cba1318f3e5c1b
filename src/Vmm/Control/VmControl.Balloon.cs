using Vmm.Devices.Virtio.Balloon;
using Vmm.Devices.Virtio.Spec;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Metrics;

namespace Vmm.Control;

/// <content>The balloon, and the generation ID.</content>
internal sealed partial class VmControl
{
    /// <summary>A guest answers within milliseconds; one that is busy or has stopped is not waited for.</summary>
    private static readonly TimeSpan s_statisticsPatience = TimeSpan.FromSeconds(1);

    /// <summary>Wishes a size of the balloon. The guest takes its time, and may not get there.</summary>
    /// <exception cref="VmmException">There is no balloon, or the size cannot be.</exception>
    public void ResizeBalloon(ByteSize size) => OnMachine(VmCommand.Resize, vm =>
    {
        VirtioBalloon balloon = vm.Device<VirtioBalloon>() ?? throw NoBalloon();
        if (BalloonRules.Fault(size, _config!.Memory.Size) is { } fault)
            throw new VmmException($"balloon: {fault}", ExitCodes.Usage);
        balloon.SetTarget((uint)(size.Bytes / BalloonDevice.PageSize));
        // What the guest has after a reset, too.
        Reconfigure(_config with { Balloon = _config.Balloon! with { Size = size } });
        Events.Publish("vm", "resizing", ("balloon", size.ToString()));
        _life.Ballooned(size.ToString());
        return true;
    });

    /// <summary>The balloon as it is now, with statistics that are fresh where the guest gives them.</summary>
    /// <exception cref="VmmException">There is no balloon, or the guest does not run.</exception>
    public BalloonMetrics ReadBalloon()
    {
        VmLifecycle.Check(State, VmCommand.Resize);
        MachineRun run = Run!;
        VirtioBalloon balloon = run.With(vm => vm.Device<VirtioBalloon>() ?? throw NoBalloon());
        // Outside of all locks: other commands do not wait for this guest.
        if (run.State == Machine.MachineState.Running && balloon.Status.IsActive)
            WaitForStatistics(balloon);
        return run.ReadMetrics().Balloon ?? throw NoBalloon();
    }

    /// <summary>What the guest says that it has given up; 0 when it has no balloon or does not run.</summary>
    public ulong BalloonedBytes
    {
        get
        {
            try
            {
                return HasGuest
                    ? Run!.With(vm => (ulong)(vm.Device<VirtioBalloon>()?.Status.ActualPages ?? 0)) * BalloonDevice.PageSize
                    : 0;
            }
            catch (VmmException)
            {
                // It ended just now.
                return 0;
            }
        }
    }

    /// <summary>Tells the guest that it is a copy of the machine that it was.</summary>
    /// <returns>The new ID.</returns>
    public Guid RenewGeneration() => OnMachine(VmCommand.RenewGeneration, vm =>
    {
        Guid renewed = vm.Platform.Generation.Renew();
        Events.Publish("vm", "generation-renewed", ("id", renewed.ToString()));
        _life.GenerationRenewed(renewed);
        return renewed;
    });

    private static void WaitForStatistics(VirtioBalloon balloon)
    {
        // Not disposed: a guest that answers late signals it still.
        ManualResetEventSlim told = new();
        balloon.StatisticsTold = told.Set;
        long before = balloon.Status.Updates;
        // A driver that tells statistics has told some when it came up.
        if (before == 0)
            return;
        balloon.RequestStatistics();
        if (balloon.Status.Updates == before)
            told.Wait(s_statisticsPatience);
    }

    private VmmException NoBalloon() =>
        new($"'{_config?.Name}' has no balloon; describe it with --balloon SIZE (0 is a size)", ExitCodes.Usage);
}
