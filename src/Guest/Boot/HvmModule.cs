using System.Runtime.InteropServices;

namespace Vmm.Guest.Boot;

/// <summary>struct hvm_modlist_entry (xen/include/public/arch-x86/hvm/start_info.h).</summary>
[StructLayout(LayoutKind.Sequential, Pack = 8)]
internal struct HvmModule
{
    public ulong Address;
    public ulong Size;
    public ulong CommandLineAddress;
    public ulong Reserved;
}
