using System.Runtime.Intrinsics.X86;

namespace Vmm.Kvm;

/// <summary>What the processor under us says of itself.</summary>
internal static class HostProcessor
{
    private const int FeatureLeaf = 1;
    private const int VmxBit = 1 << 5;
    private const int ExtendedFeatureLeaf = unchecked((int)0x8000_0001);
    private const int SvmBit = 1 << 2;

    /// <summary>
    /// Whether it has VT-x or SVM. A KVM on a processor that has neither runs kernel-mode guest code by emulation, which
    /// knows fewer instructions than the processor does.
    /// </summary>
    public static bool HasVirtualization { get; } =
        (X86Base.CpuId(FeatureLeaf, 0).Ecx & VmxBit) != 0 || (X86Base.CpuId(ExtendedFeatureLeaf, 0).Ecx & SvmBit) != 0;
}
