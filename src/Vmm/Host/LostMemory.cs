using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>
/// What becomes of the process when memory that it has mapped is no longer there (SIGBUS): a file behind guest RAM was
/// cut short, its disk or the swap cannot be read, a memory module failed.
/// </summary>
/// <remarks>
/// The thread that touched it can neither go on nor be unwound, and whoever waits for it would wait for ever. So the
/// whole process ends, but says why and gives the terminal back. A vCPU gets EFAULT from KVM_RUN instead, and its
/// machine ends in good order.
/// </remarks>
internal static class LostMemory
{
    /// <summary>How an error about it goes on after its first words.</summary>
    public const string Cause = "a snapshot's memory file was cut short while a guest restored from it ran ('vmm restore --memory eager' reads it at the start only), or the disk, the swap or the memory behind it failed";

    /// <summary>The runtime takes raw numbers, too.</summary>
    private const PosixSignal BusError = (PosixSignal)7;

    /// <summary>The end takes no longer, should it wait for the thread that is stuck; by SIGALRM then.</summary>
    private const uint PatienceSeconds = 2;

    private static PosixSignalRegistration? s_watch;
    private static int s_lost;

    /// <summary>The process is about to end, and this is the last chance to write that down. Nothing may be waited for.</summary>
    public static event Action? Ending;

    /// <summary>Watches from now on until the process ends. Again it does nothing.</summary>
    public static void Watch() => s_watch ??= PosixSignalRegistration.Create(BusError, static context =>
    {
        context.Cancel = true;
        // Until the process ends, the thread that touched it touches it again, and other threads may, too.
        if (Interlocked.Exchange(ref s_lost, 1) != 0)
            return;
        _ = Linux.alarm(PatienceSeconds);
        StandardError.Write($"vmm: memory of the guest is lost (SIGBUS): {Cause}\n");
        Ending?.Invoke();
        Environment.Exit(ExitCodes.Internal);
    });
}
