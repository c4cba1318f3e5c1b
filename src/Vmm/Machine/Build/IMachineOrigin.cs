using Vmm.Machine.Config;

namespace Vmm.Machine.Build;

/// <summary>
/// Where the first start of a machine comes from when that is not power-on: a snapshot, or another process by migration.
/// The builder asks it in this order, and loads no kernel. Starts after a reset of the guest are ordinary ones.
/// </summary>
internal interface IMachineOrigin
{
    /// <summary>Whether somebody else still holds the disks' locks: they are taken only when this machine starts.</summary>
    bool DisksAreHeldElsewhere { get; }

    /// <summary>Whether the vCPUs are held when it starts, until they are resumed.</summary>
    bool StartsPaused { get; }

    /// <summary>The guest's RAM, which has or will get the content that it had.</summary>
    /// <param name="config">The machine's description, resolved.</param>
    /// <exception cref="Host.VmmException">It cannot be had.</exception>
    GuestRam OpenRam(MachineConfig config);

    /// <summary>
    /// Puts the state of processors and devices into a machine that was just built. A migration waits here for everything
    /// that comes, until its source has given the guest up. When it returns, the machine is started at once.
    /// </summary>
    /// <exception cref="Host.VmmException">The state is damaged or of another machine, or the source went on by itself: this machine is taken apart.</exception>
    void Restore(MicroVm machine);

    /// <summary>The machine runs (or is held, with <see cref="StartsPaused"/>).</summary>
    void Started();

    /// <summary>The run shall end, and with it a <see cref="Restore"/> that is under way; without effect on one that is over. Any thread.</summary>
    void GiveUp()
    {
    }

    /// <summary>After <see cref="Restore"/>, in the place of <see cref="Started"/>: the machine was ended before it ran, and taken apart.</summary>
    void NeverStarts()
    {
    }

    /// <summary>The machine's run is over and its vCPUs' threads are gone; it is about to be taken apart.</summary>
    void Ended()
    {
    }
}
