using Vmm.Kvm.State;

namespace Vmm.Tests.Vmm.State;

/// <summary>One record of each kind that KVM's part of a machine has, with every field different from the others.</summary>
internal static class SampleRecords
{
    public static VcpuRecord Vcpu() => new()
    {
        MpState = 3,
        TscKhz = 2_400_000,
        General = new(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 0xffff_ffff_8100_0000, 0x246),
        System = new(
            Segment(0x10, 0xb), Segment(0x18, 3), Segment(0x20, 3), Segment(0x28, 3), Segment(0x30, 3), Segment(0x38, 3), Segment(0x40, 0xb), Segment(0x48, 2),
            new(0xfffffe0000001000, 0x7f), new(0xfffffe0000000000, 0xfff), 0x80050033, 0x7f00_0000, 0x123000, 0x6f0, 5, 0xd01, 0xfee00900, 0x30),
        Debug = new(1, 2, 3, 4, 0xffff0ff0, 0x400, 0),
        Events = new(1, 14, 1, 0, 2, 1, 0x30, 0, 1, 0, 1, 0, 0, 0xd, 0, 0, 0, 0, 0),
        Xcr = [new(0, 7)],
        Msr = [new(0x10, 0x123456789), new(0x174, 0x10), new(0xc0000082, 0xffffffff81e00080), new(0x6e0, 0x123456999)],
        Lapic = Bytes(1024, 16),
        Xsave = Bytes(4096, 64),
        Cpuid = [new(0, 0, 0, 0x20, 0x756e6547, 0x6c65746e, 0x49656e69), new(1, 0, 0, 0x806f8, 0x800, 0xfffa3203, 0x1f8bfbff), new(7, 0, 1, 2, 0xf1bf07ab, 0x1a, 0x84)],
    };

    public static InterruptControllersRecord InterruptControllers() => new(Bytes(16, 16), Bytes(16, 8), new(0xfec00000, 0x12, 0, 0x10, [.. Enumerable.Range(0, 24).Select(i => 0x10000UL + (ulong)i)]));

    public static TimerRecord Timer() => new(2, [new(65536, 1, 0, 1, 0x30, 3, 3, 9, 3, 2, 0, 1), new(18, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 1), new(1193, 5, 1, 0, 0, 3, 3, 0, 3, 0, 0, 0)]);

    public static ClockRecord Clock() => new(123_456_789_012, new DateTimeOffset(2026, 7, 1, 12, 30, 45, 678, TimeSpan.Zero));

    public static ProcessorRecord Processor() => new("GenuineIntel", 6, 0x8f, 8, 2_400_000, 4096, Vcpu().Cpuid);

    private static SegmentRegister Segment(ushort selector, byte type) => new(0x1000UL * selector, 0xffffffff, selector, type, 1, 0, 0, 1, 1, 1, 0, 0);

    /// <summary>The first bytes are numbered, and nothing follows: as most of such an area is.</summary>
    private static byte[] Bytes(int length, int used) => [.. Enumerable.Range(1, used).Select(i => (byte)i), .. new byte[length - used]];
}
