using Vmm.Consoles;
using Vmm.Devices.Virtio;
using Vmm.Host;
using Vmm.Machine;
using Vmm.Machine.Build;
using Vmm.Machine.Config;
using Vmm.Snapshot.State;

namespace Vmm.Snapshot;

/// <summary>
/// Goes once through all that a guest is held for, with a machine of its own that is thrown away: it is built, saved, read, restored,
/// started held, and ended. The first time takes a process several times as long as the second, for code is read from disk
/// and what turns records into JSON is made; so the guest is not held for the first.
/// </summary>
/// <remarks>On a thread of its own, while the process waits for something else. It has no outcome: where it fails, so will the work itself, and say why.</remarks>
internal static class DressRehearsal
{
    private const int StackSize = 256 << 10;

    private static readonly Lock s_once = new();
    private static Thread? s_thread;

    /// <summary>Why it was not gone through to its end, on a host that is short of something; null when it was, or is under way.</summary>
    public static Exception? Fault { get; private set; }

    /// <summary>Begins with it, unless this process has done so before.</summary>
    public static void Begin() => _ = Thread();

    /// <summary>Returns when it is over; begins with it where nobody has.</summary>
    public static void Finish() => Thread()?.Join();

    /// <summary>On which it goes on, from the first call on; null where the host has none to give.</summary>
    private static Thread? Thread()
    {
        lock (s_once)
        {
            if (s_thread is not null)
                return s_thread;
            Thread thread = new(Perform, StackSize) { Name = "rehearsal", IsBackground = true };
            return s_thread = HostThread.TryStart(thread) ? thread : null;
        }
    }

    private static void Perform()
    {
        try
        {
            MachineConfig config = MachineConfigResolver.Resolve(new() { Memory = new() { Size = ByteSize.Parse("2M") }, Console = ConsoleTarget.Off });
            using (MicroVm vm = MachineBuilder.Build(config, new MachineConsoles(new NullSink(), null, new NullSink()), origin: new Itself()))
                vm.Machine.Start(held: true);
            // The memory that this took is taken again for the work itself: the kernel need not be asked for other memory then,
            // and no page of it is touched for the first time.
            GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        }
        catch (Exception failed)
        {
            // Whatever it is: an exception that leaves a thread takes the guest along.
            Fault = failed;
        }
    }

    /// <summary>A machine that takes over its own state.</summary>
    private sealed class Itself : IMachineOrigin
    {
        /// <inheritdoc/>
        public bool DisksAreHeldElsewhere => false;

        /// <inheritdoc/>
        public bool StartsPaused => true;

        /// <inheritdoc/>
        public GuestRam OpenRam(MachineConfig config) => GuestRam.Create(config.Memory.Size.Bytes);

        /// <inheritdoc/>
        public void Restore(MicroVm machine)
        {
            foreach (VirtioDeviceCore core in machine.Virtio)
                core.Quiesce();
            StateSections.Restore(StateFile.Read(StateFile.WriteCompact(StateSections.Save(machine.Parts)), "rehearsal"), machine.Parts);
            foreach (VirtioDeviceCore core in machine.Virtio)
                core.Resume();
        }

        /// <inheritdoc/>
        public void Started()
        {
        }
    }
}
