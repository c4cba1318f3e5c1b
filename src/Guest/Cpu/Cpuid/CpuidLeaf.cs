namespace Vmm.Guest.Cpu.Cpuid;

/// <summary>CPUID leaves that the policy touches (Intel SDM 2A, CPUID; AMD APM 3, appendix E; Linux Documentation/virt/kvm/x86/cpuid.rst).</summary>
internal static class CpuidLeaf
{
    /// <summary>Largest basic leaf, and the vendor.</summary>
    public const uint Vendor = 0;

    /// <summary>Family, APIC id, features.</summary>
    public const uint Features = 1;

    /// <summary>Intel: caches and who shares them.</summary>
    public const uint IntelCaches = 4;

    /// <summary>Power management features.</summary>
    public const uint Power = 6;

    /// <summary>Structured extended features.</summary>
    public const uint Extended7 = 7;

    /// <summary>Topology with x2APIC ids.</summary>
    public const uint Topology = 0xB;

    /// <summary>XSAVE components.</summary>
    public const uint Xsave = 0xD;

    /// <summary>Intel: topology, version 2.</summary>
    public const uint TopologyV2 = 0x1F;

    /// <summary>KVM's signature.</summary>
    public const uint KvmSignature = 0x4000_0000;

    /// <summary>KVM's own features.</summary>
    public const uint KvmFeatures = 0x4000_0001;

    /// <summary>EAX is the highest extended leaf.</summary>
    public const uint LastExtended = 0x8000_0000;

    /// <summary>Extended features.</summary>
    public const uint ExtendedFeatures = 0x8000_0001;

    /// <summary>Invariant time stamp counter.</summary>
    public const uint AdvancedPower = 0x8000_0007;

    /// <summary>Address widths, core count.</summary>
    public const uint AddressWidths = 0x8000_0008;

    /// <summary>AMD: SVM features.</summary>
    public const uint Svm = 0x8000_000A;

    /// <summary>AMD: caches and who shares them.</summary>
    public const uint AmdCaches = 0x8000_001D;

    /// <summary>AMD: topology.</summary>
    public const uint AmdTopology = 0x8000_001E;

    /// <summary>AMD: extended features 2.</summary>
    public const uint ExtendedFeatures2 = 0x8000_0021;
}
