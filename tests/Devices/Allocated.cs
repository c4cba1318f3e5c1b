namespace Vmm.Tests.Devices;

/// <summary>Bytes that a piece of work takes from the managed heap.</summary>
internal static class Allocated
{
    private const int Tries = 5;

    /// <summary>
    /// The least that it took in several tries: the runtime may allocate on any thread when it compiles a method anew, but
    /// what the work itself allocates, it does each time.
    /// </summary>
    public static long Least(Action work)
    {
        long least = long.MaxValue;
        for (int i = 0; i < Tries && least > 0; i++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
