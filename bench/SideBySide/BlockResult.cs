namespace Vmm.Bench.SideBySide;

/// <summary>What one job came to.</summary>
/// <param name="Iops">Operations a second.</param>
/// <param name="CpuMilliseconds">Processor time of the VMM's process, the guest's included, for each MiB moved.</param>
/// <param name="Exits">Exits from the guest for each MiB.</param>
internal readonly record struct BlockResult(double Iops, double CpuMilliseconds, double Exits);
