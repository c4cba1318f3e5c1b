using System.Runtime.InteropServices;
using Vmm.Host;

namespace Vmm.Kvm;

/// <summary>The signal that ends a KVM_RUN under way. Its handler does nothing; that there is one lets it interrupt.</summary>
internal static class KickSignal
{
    private const int Number = Linux.SIGUSR1;

    /// <summary>
    /// A function of the C library that leaves its thread as it found it, called with the signal's number. Managed code could not
    /// be: the thread that is interrupted may be in the middle of some.
    /// </summary>
    private const string Nothing = "abs";

    private static readonly Lock s_lock = new();
    private static bool s_installed;

    /// <summary>Sees to it that the signal interrupts; before the first is sent.</summary>
    public static void Install()
    {
        lock (s_lock)
        {
            if (s_installed)
                return;
            // By signal(), which has the kernel restart other calls that it interrupts; KVM_RUN never is.
            if (Linux.signal(Number, NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), Nothing)) == Linux.SIG_ERR)
                throw HostException.Last("signal");
            s_installed = true;
        }
    }

    /// <summary>Sends it to a thread of this process.</summary>
    public static void Send(int thread) => _ = Linux.tgkill(Linux.getpid(), thread, Number);
}
