namespace Vmm.Kvm.State;

/// <summary>What a guest was told of its processors, and what it takes to go on elsewhere. Kept beside a machine's state, and looked at before anything of it is used.</summary>
/// <param name="Vendor">Who made them: <c>GenuineIntel</c>.</param>
/// <param name="Family">Family, as people count (Intel SDM 2A, CPUID leaf 1).</param>
/// <param name="Model">Model.</param>
/// <param name="Stepping">Stepping.</param>
/// <param name="TscKhz">The frequency of the time stamp counter; 0 where KVM did not tell.</param>
/// <param name="XsaveSize">Bytes of an XSAVE area.</param>
/// <param name="Cpuid">What CPUID answers on the first vCPU.</param>
internal sealed record ProcessorRecord(
    string Vendor, uint Family, uint Model, uint Stepping, uint TscKhz, int XsaveSize, IReadOnlyList<CpuidRecord> Cpuid);
