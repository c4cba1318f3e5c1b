namespace Vmm.Gdb.Protocol;

/// <summary>A thread as the protocol numbers them: a vCPU's number and one, for 0 means any and -1 all.</summary>
internal static class ThreadId
{
    /// <summary>All of them.</summary>
    public const int All = -1;

    /// <summary>Any of them.</summary>
    public const int Any = 0;

    /// <summary>The thread of a vCPU.</summary>
    public static ulong Of(int vcpu) => (ulong)vcpu + 1;

    /// <summary>Takes one off the front of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="vcpus">How many there are.</param>
    /// <param name="thread">1 to <paramref name="vcpus"/>, <see cref="All"/> or <see cref="Any"/>.</param>
    /// <returns>False when it is none, or there is no such vCPU.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> text, int vcpus, out int thread)
    {
        thread = Any;
        bool negative = HexText.TryTake(ref text, '-');
        if (!HexText.TryTakeNumber(ref text, out ulong number) || (negative ? number != 1 : number > (ulong)vcpus))
            return false;
        thread = negative ? All : (int)number;
        return true;
    }
}
