namespace Vmm.Machine.Config;

/// <summary>A share of processor time as <c>"50%"</c> or <c>"50000/100000"</c>.</summary>
internal sealed class CpuQuotaConverter() : ScalarConverter<CpuQuota>(CpuQuota.Parse, "a share of a processor, such as \"50%\" or \"50000/100000\"");
