using System.Runtime.InteropServices;

namespace Vmm.Guest.Boot;

/// <summary>struct hvm_start_info, version 1 (xen/include/public/arch-x86/hvm/start_info.h).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct HvmStartInfo
{
    /// <summary>XEN_HVM_START_MAGIC_VALUE.</summary>
    public const uint MagicValue = 0x336E_C578;

    /// <summary>The version that has the memory map.</summary>
    public const uint Version1 = 1;

    public uint Magic;
    public uint Version;
    public uint Flags;
    public uint ModuleCount;
    public ulong ModuleListAddress;
    public ulong CommandLineAddress;
    public ulong RsdpAddress;
    public ulong MemoryMapAddress;
    public uint MemoryMapEntries;
    public uint Reserved;
}
