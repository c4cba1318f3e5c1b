namespace Vmm.Cli.Check;

/// <summary>Whether an unmodified Linux runs here: asked of the machine by a guest that executes what a kernel needs.</summary>
internal static class StockKernel
{
    /// <summary>Runs the probe.</summary>
    public static HostFinding Ask() => new("stock kernel", Verdict.Lacks, "not asked: this build has no probe guest yet");
}
