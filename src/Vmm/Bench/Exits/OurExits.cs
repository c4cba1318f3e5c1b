using Vmm.Host;

namespace Vmm.Bench.Exits;

/// <summary>This program, measured.</summary>
/// <param name="placement">Which processors it uses.</param>
/// <param name="patience">How long a batch may take.</param>
/// <param name="counts">Whether exits are counted, as they always are but for a measurement of that.</param>
internal sealed class OurExits(HostPlacement placement, TimeSpan patience, bool counts = true) : IExitSubject
{
    /// <inheritdoc/>
    public Batch Run(ExitRow row, BatchSize size)
    {
        if (row.Vcpus > 1 && !placement.HasTwo)
            return Batch.Without("needs two processors of the host");
        try
        {
            using ExitMachine machine = new(row, size, placement, counts);
            int turns = size.TurnsOf(row);
            return row.Access is null ? OnProcessor(placement, () => machine.RunFloor(turns, size.WarmUpOf(row))) : machine.Run(turns, patience);
        }
        catch (Exception refused) when (refused is VmmException or HostException)
        {
            return Batch.Without(refused.Message);
        }
    }

    /// <summary>On the vCPU's processor for a moment, and back.</summary>
    private static Batch OnProcessor(HostPlacement placement, Func<Batch> run)
    {
        HostProcessors.KeepThisThreadOn([placement.Vcpu]);
        try
        {
            return run();
        }
        finally
        {
            HostProcessors.KeepThisThreadOn([placement.Others]);
        }
    }
}
