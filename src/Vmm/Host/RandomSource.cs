using Vmm.Devices.Backends;

namespace Vmm.Host;

/// <summary>The host kernel's random number generator, for a guest's entropy device.</summary>
internal sealed unsafe class RandomSource : IEntropySource
{
    /// <inheritdoc/>
    public void Fill(Span<byte> destination)
    {
        fixed (byte* start = destination)
        {
            for (nuint done = 0; done < (nuint)destination.Length;)
            {
                // Straight into the guest's memory. Large requests can be cut short by a signal.
                nint count = Linux.getrandom(start + done, (nuint)destination.Length - done, 0);
                if (count > 0)
                    done += (nuint)count;
                else if (!Linux.Interrupted)
                    throw HostException.Last("getrandom");
            }
        }
    }
}
