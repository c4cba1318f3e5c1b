namespace Vmm;

/// <summary>
/// What the process exits with. Even numbers are <c>vmm</c> speaking, odd ones the guest: its debug-exit port ends with
/// <c>(value &lt;&lt; 1) | 1</c>, which is never even, so the two cannot be confused. All of ours stay below 126, where
/// shells begin to speak for themselves.
/// </summary>
internal static class ExitCodes
{
    /// <summary>The guest powered itself off (or rebooted under <c>--reboot exit</c>), or the user ended it with Ctrl-A x.</summary>
    public const int PoweredOff = 0;

    /// <summary>The command line or the machine file is wrong. Nothing was started.</summary>
    public const int Usage = 2;

    /// <summary>The machine could not be started: a file, the host or KVM is not as needed.</summary>
    public const int StartFailed = 4;

    /// <summary>The guest crashed: a triple fault under <c>--reboot exit</c>. Under <c>--reboot reset</c> it starts again.</summary>
    public const int GuestCrashed = 6;

    /// <summary>KVM could not emulate what the guest executed.</summary>
    public const int EmulationFailed = 8;

    /// <summary>The processor refused to enter the guest, or left it for a reason this program does not know.</summary>
    public const int EntryFailed = 10;

    /// <summary>A fault in <c>vmm</c> itself, or a host call that must not fail did: please report it. Or memory of the guest that the host lost.</summary>
    public const int Internal = 12;

    /// <summary>The largest code by which <c>vmm</c> itself speaks of a failure; beyond it, even ones are signals.</summary>
    public const int LargestOwn = Internal;

    /// <summary>The largest debug-exit value whose status stays clear of the shell's own codes (126 and up).</summary>
    public const int LargestClearDebugExit = 62;

    private const int SignalBase = 128;
    private const uint StatusMask = 0xff;

    /// <summary>Ended by a signal, told the way shells tell it: 128 and the signal's number.</summary>
    public static int Signalled(int signal) => SignalBase + signal;

    /// <summary>The status that the debug-exit port made of the guest's value: odd already.</summary>
    public static int FromDebugExit(uint status) => (int)(status & StatusMask);
}
