namespace Vmm.Machine.Config;

/// <summary>Processor features as <c>"host,-avx2,+invtsc"</c>.</summary>
internal sealed class CpuModelConverter() : ScalarConverter<CpuModel>(CpuModel.Parse, "features, such as \"host,-avx2\"");
