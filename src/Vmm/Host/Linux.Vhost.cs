using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Queues in the host's kernel (linux/vhost.h, linux/vhost_types.h).</summary>
internal static unsafe partial class Linux
{
    public const uint VHOST_GET_FEATURES = 0x8008_AF00;
    public const uint VHOST_SET_FEATURES = 0x4008_AF00;
    public const uint VHOST_SET_OWNER = 0x0000_AF01;
    public const uint VHOST_SET_MEM_TABLE = 0x4008_AF03;
    public const uint VHOST_SET_VRING_NUM = 0x4008_AF10;
    public const uint VHOST_SET_VRING_ADDR = 0x4028_AF11;
    public const uint VHOST_SET_VRING_BASE = 0x4008_AF12;
    public const uint VHOST_GET_VRING_BASE = 0xC008_AF12;
    public const uint VHOST_SET_VRING_KICK = 0x4008_AF20;
    public const uint VHOST_SET_VRING_CALL = 0x4008_AF21;
    public const uint VHOST_NET_SET_BACKEND = 0x4008_AF30;

    /// <summary>struct vhost_vring_state: a ring, and a number of it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct vhost_vring_state
    {
        public uint index;
        public uint num;
    }

    /// <summary>struct vhost_vring_file: a ring, and a descriptor for it; -1 for none.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct vhost_vring_file
    {
        public uint index;
        public int fd;
    }

    /// <summary>struct vhost_vring_addr: where a ring's parts are in the process that owns it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct vhost_vring_addr
    {
        public uint index;
        public uint flags;
        public ulong desc_user_addr;
        public ulong used_user_addr;
        public ulong avail_user_addr;
        public ulong log_guest_addr;
    }

    /// <summary>struct vhost_memory, without the regions that follow it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct vhost_memory
    {
        public uint nregions;
        public uint padding;
    }

    /// <summary>struct vhost_memory_region: guest memory, and where the owner has it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct vhost_memory_region
    {
        public ulong guest_phys_addr;
        public ulong memory_size;
        public ulong userspace_addr;
        public ulong flags_padding;
    }
}
