namespace Vmm.Kvm.State;

/// <summary>Which model-specific registers make up a vCPU's state.</summary>
internal static class SavedMsrs
{
    /// <summary>
    /// The memory type range registers (Intel SDM 3A, 12.11): variable ranges, fixed ranges, page attributes, default type.
    /// KVM keeps them for the guest, and kernels before 6.4 do not list them.
    /// </summary>
    private static readonly uint[] s_memoryTypes =
    [
        0x200, 0x201, 0x202, 0x203, 0x204, 0x205, 0x206, 0x207, 0x208, 0x209, 0x20a, 0x20b, 0x20c, 0x20d, 0x20e, 0x20f,
        0x250, 0x258, 0x259, 0x268, 0x269, 0x26a, 0x26b, 0x26c, 0x26d, 0x26e, 0x26f, 0x277, 0x2ff,
    ];

    /// <summary>HV_X64_MSR_TIME_REF_COUNT (Hyper-V TLFS, 12.4): a clock to read, which follows from kvm-clock.</summary>
    private const uint HyperVTime = 0x4000_0020;

    /// <summary>All that KVM says can be saved, and those that it forgets to name.</summary>
    public static uint[] Of(KvmSystem kvm) => [.. kvm.GetMsrNumbers().Concat(s_memoryTypes).Distinct().Where(msr => msr != HyperVTime)];
}
