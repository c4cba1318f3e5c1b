using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>An owned file descriptor. Whoever holds the number in a hot path holds this object too (house rule 7).</summary>
internal sealed class SafeFd : SafeHandle
{
    /// <summary>Takes ownership of <paramref name="fd"/>.</summary>
    public SafeFd(int fd) : base(-1, ownsHandle: true) => SetHandle(fd);

    /// <summary>The descriptor's number, for a system call made while this object is alive.</summary>
    public int Number => (int)handle;

    /// <summary>
    /// Keeps the descriptor open until <see cref="SafeHandle.DangerousRelease"/>, however many dispose of it meanwhile. For a
    /// call on a thread that does not know when the owner lets go: the number of a closed descriptor soon belongs to
    /// another file.
    /// </summary>
    /// <returns>False when it is closed already.</returns>
    public bool TryHold()
    {
        bool held = false;
        try
        {
            if (!IsClosed)
                DangerousAddRef(ref held);
        }
        catch (ObjectDisposedException)
        {
            // Closed between the look and the call.
        }
        return held;
    }

    /// <inheritdoc/>
    public override bool IsInvalid => handle < 0;

    /// <summary>Takes ownership of what a system call returned, or throws what it left in errno.</summary>
    /// <param name="result">The call's result: a descriptor, or -1.</param>
    /// <param name="operation">The call's name, for the error.</param>
    public static SafeFd Own(int result, string operation) =>
        result >= 0 ? new SafeFd(result) : throw HostException.Last(operation);

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Linux.close((int)handle) == 0;
}
