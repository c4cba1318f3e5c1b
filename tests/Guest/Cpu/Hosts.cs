using Vmm.Guest.Cpu.Cpuid;

namespace Vmm.Tests.Guest.Cpu;

/// <summary>What KVM might list on some hosts, in short.</summary>
internal static class Hosts
{
    public static CpuidEntry[] Amd() =>
    [
        new(0, 0, 0, 0x1C, 0x6874_7541, 0x444D_4163, 0x6974_6E65),
        new(1, 0, 0, 0x00A1_0F11, 0x0002_0800, 0xFFFA_3203, 0x178B_FBFF),
        new(7, 0, 1, 1, 0xF1BF_97A9, 0x0040_5FC6, 0x1000_0010),
        new(7, 1, 1, 0x20, 0, 0, 0),
        new(0xD, 0, 1, 0xE7, 0x980, 0x980, 0),
        new(0xD, 1, 1, 0xF, 0, 0, 0),
        new(0xD, 2, 1, 0x100, 0x240, 0, 0),
        new(0xD, 5, 1, 0x40, 0x340, 0, 0),
        new(0xD, 6, 1, 0x200, 0x380, 0, 0),
        new(0xD, 7, 1, 0x400, 0x580, 0, 0),
        new(0x8000_0000, 0, 0, 0x8000_0021, 0x6874_7541, 0x444D_4163, 0x6974_6E65),
        new(0x8000_0001, 0, 0, 0x00A1_0F11, 0x4000_0000, 0x0040_0393, 0x23D3_FBFF),
        new(0x8000_0008, 0, 0, 0x3030, 0x5002_0005, 0x7001, 0),
        new(0x8000_001D, 0, 1, 0x121, 0x01C0_003F, 0x3F, 0),
        new(0x8000_001D, 3, 1, 0x4163, 0x03C0_003F, 0x7FFF, 1),
        new(0x8000_001E, 0, 0, 0, 0, 0, 0),
        new(0x4000_0000, 0, 0, 0x4000_0001, 0x4B4D_564B, 0x564B_4D56, 0x4D),
        new(0x4000_0001, 0, 0, 0x0100_7EFB, 0, 0, 0),
    ];

    public static CpuidEntry[] Intel() =>
    [
        new(0, 0, 0, 0x1F, 0x756E_6547, 0x6C65_746E, 0x4965_6E69),
        new(1, 0, 0, 0x0008_06F8, 0x0010_0800, 0x7FFA_3203, 0x1F8B_FBFF),
        new(4, 0, 1, 0x7C00_4121, 0x02C0_003F, 0x3F, 0),
        new(4, 3, 1, 0x7C0F_C163, 0x0280_003F, 0xEFFF, 4),
        new(4, 4, 1, 0, 0, 0, 0),
        new(7, 0, 1, 0, 0xF1BF_97A9, 0, 0),
        new(0xB, 0, 1, 1, 2, 0x100, 42),
        new(0x1F, 0, 1, 1, 2, 0x100, 42),
        new(0x8000_0000, 0, 0, 0x8000_0008, 0, 0, 0),
        new(0x8000_0008, 0, 0, 0x3934, 0, 0, 0),
    ];
}
