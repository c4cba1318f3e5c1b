using Vmm.Devices.State;
using Vmm.Devices.Virtio.Net;
using Vmm.Host;
using Vmm.Kvm.State;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Migration.Protocol;
using Vmm.Migration.Receiving;
using Vmm.Snapshot;

namespace Vmm.Migration.Machines;

/// <summary>A machine's first start from another process's machine.</summary>
/// <param name="receiver">Has heard the offer.</param>
/// <param name="offer">The offer.</param>
internal sealed class MigrationOrigin(MigrationReceiver receiver, OfferMessage offer) : IMachineOrigin
{
    private const int StackSize = 256 << 10;

    private MicroVm? _machine;
    private Thread? _following;
    private volatile TailReceiver? _tail;

    /// <inheritdoc/>
    public bool DisksAreHeldElsewhere => true;

    /// <inheritdoc/>
    public bool StartsPaused => offer.Paused;

    /// <summary>Told when the guest runs here.</summary>
    public Action? Runs { get; init; }

    /// <summary>Told by its name what there is to tell of the guest's arrival, and the reason where there is one. Any thread.</summary>
    public Action<string, string?>? Tells { get; set; }

    /// <summary>How far the memory is that follows the guest; null while it does not run yet, and when all is there. Any thread.</summary>
    public MigrationProgress? Following => _tail is { IsComplete: false } tail ? tail.Progress : null;

    /// <summary>Where its source can come again while memory follows; null before and afterwards.</summary>
    public string? Place => _tail is { IsComplete: false } tail ? tail.Place : null;

    /// <inheritdoc/>
    public GuestRam OpenRam(MachineConfig config)
    {
        // First of all that is done with the description.
        SnapshotDisks.CheckSizes(offer.Disks, config);
        return receiver.TakeMemory() is { } memory
            ? GuestRam.Adopt(memory, config.Memory.Size.Bytes, config.Memory.Hugepages)
            : GuestRam.Create(config.Memory.Size.Bytes, config.Memory.Shared, config.Memory.Hugepages, config.Memory.Prefault);
    }

    /// <inheritdoc/>
    public void Restore(MicroVm machine)
    {
        _machine = machine;
        CheckProcessor(machine);
        DressRehearsal.Finish();
        machine.Machine.Prepare();
        receiver.Receive(offer, new IncomingMachine(machine));
    }

    /// <inheritdoc/>
    public void Started()
    {
        TailReceiver? tail = receiver.Started();
        // Switches between here and there still send its frames to the old place.
        foreach (VirtioNet card in _machine!.Networks)
            card.Announce();
        Runs?.Invoke();
        Tells?.Invoke("migration-arrived", null);
        if (tail is not null)
            Follow(tail, _machine);
    }

    /// <inheritdoc/>
    public void GiveUp() => receiver.Stop("the VM was ended");

    /// <inheritdoc/>
    public void NeverStarts() => receiver.Fail("the guest was ended here before it ran");

    /// <inheritdoc/>
    public void Ended() => _following?.Join();

    /// <summary>The rest of its memory comes while it runs.</summary>
    private void Follow(TailReceiver tail, MicroVm machine)
    {
        tail.LinkLost = (why, left) =>
        {
            Tells?.Invoke("migration-link-lost", why);
            SayLost(tail, why, left);
        };
        tail.TakenUp = () =>
        {
            Tells?.Invoke("migration-taken-up", null);
            Say("the link to where the VM came from was taken up again");
        };
        WaitHandle ended = machine.Machine.Ending;
        _tail = tail;
        _following = new Thread(() => RunTail(tail, machine, ended), StackSize) { Name = "migrate-tail", IsBackground = true };
        HostThread.Start(_following);
    }

    private static void SayLost(TailReceiver tail, string why, ulong left) => Say($"the link to where the VM came from was lost ({why}): " + (left > 0
        ? $"{left / 1e6:0.0} MB of its memory are still there, and it waits where it needs them; take it up again there with 'vmm migrate VM {tail.Place} --recover'"
        : $"all of its memory is here, but who held it there may not know. For {tail.AnswersLate.TotalMinutes:0} minutes 'vmm migrate VM {tail.Place} --recover' is answered there, and ends what is still held"));

    private void RunTail(TailReceiver tail, MicroVm machine, WaitHandle ended)
    {
        try
        {
            tail.Follow(ended);
            if (tail.IsComplete)
                Tells?.Invoke("migration-memory-complete", null);
        }
        catch (Exception fault)
        {
            machine.Machine.End(new MachineOutcome(OutcomeKind.HostFault, Fault: fault));
        }
        _tail = null;
    }

    private static void Say(string text) => StandardError.Write($"vmm: {text}\n");

    private void CheckProcessor(MicroVm machine)
    {
        if (offer.Cpu is not { } cpu)
            return;
        try
        {
            ProcessorFit.Check(ProcessorFit.Read(cpu), machine.Offer);
        }
        catch (StateException wrong)
        {
            throw new VmmException(wrong.Message, cause: wrong);
        }
    }
}
