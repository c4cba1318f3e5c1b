using System.Runtime.InteropServices;

namespace Vmm.Guest.Boot;

/// <summary>struct hvm_memmap_table_entry (xen/include/public/arch-x86/hvm/start_info.h).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct HvmMemoryMapEntry
{
    public ulong Address;
    public ulong Size;
    public uint Type;
    public uint Reserved;
}
