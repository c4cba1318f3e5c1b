using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text;

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

    /// <summary>Its name, as it gives it (Intel SDM 2A, CPUID, "Brand String").</summary>
    public static string Name { get; } = ReadName();

    private static string ReadName()
    {
        const int first = unchecked((int)0x8000_0002), leaves = 3;
        Span<int> words = stackalloc int[leaves * 4];
        for (int leaf = 0; leaf < leaves; leaf++)
            (words[leaf * 4], words[leaf * 4 + 1], words[leaf * 4 + 2], words[leaf * 4 + 3]) = X86Base.CpuId(first + leaf, 0);
        return Encoding.ASCII.GetString(MemoryMarshal.AsBytes(words)).TrimEnd('\0').Trim();
    }
}
