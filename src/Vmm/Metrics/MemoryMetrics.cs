namespace Vmm.Metrics;

/// <summary>The guest's RAM.</summary>
/// <param name="ConfiguredBytes">As the guest sees it.</param>
/// <param name="ResidentBytes">The part that has pages of the host behind it: what the guest or a device has touched.</param>
internal sealed record MemoryMetrics(long ConfiguredBytes, long ResidentBytes);
