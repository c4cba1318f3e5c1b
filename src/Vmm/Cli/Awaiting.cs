namespace Vmm.Cli;

/// <summary>What is said while a guest waits.</summary>
internal static class Awaiting
{
    /// <summary>A debugger is waited for.</summary>
    /// <param name="place">Where, as <c>tcp:ADDRESS:PORT</c> or <c>unix:PATH</c>.</param>
    public static string Debugger(string place)
    {
        string remote = place[(place.IndexOf(':', StringComparison.Ordinal) + 1)..];
        return $"the guest waits for a debugger: (gdb) target remote {remote}";
    }
}
