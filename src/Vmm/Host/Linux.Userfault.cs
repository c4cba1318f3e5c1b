using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Page faults that this process serves itself (linux/userfaultfd.h).</summary>
internal static unsafe partial class Linux
{
    public const long SYS_userfaultfd = 323;

    public const uint USERFAULTFD_IOC_NEW = 0xAA00;
    public const uint UFFDIO_API = 0xC018_AA3F;
    public const uint UFFDIO_REGISTER = 0xC020_AA00;
    public const uint UFFDIO_UNREGISTER = 0x8010_AA01;
    public const uint UFFDIO_WAKE = 0x8010_AA02;
    public const uint UFFDIO_COPY = 0xC028_AA03;
    public const uint UFFDIO_ZEROPAGE = 0xC020_AA04;
    public const uint UFFDIO_WRITEPROTECT = 0xC018_AA06;
    public const int _UFFDIO_ZEROPAGE = 4;
    public const int _UFFDIO_WRITEPROTECT = 6;

    public const ulong UFFD_API = 0xAA;
    public const ulong UFFD_FEATURE_PAGEFAULT_FLAG_WP = 1;
    public const ulong UFFD_FEATURE_MISSING_HUGETLBFS = 1 << 4;
    public const ulong UFFD_FEATURE_MISSING_SHMEM = 1 << 5;
    public const ulong UFFD_FEATURE_WP_HUGETLBFS_SHMEM = 1 << 12;
    public const byte UFFD_EVENT_PAGEFAULT = 0x12;
    public const ulong UFFD_PAGEFAULT_FLAG_WRITE = 1;
    public const ulong UFFD_PAGEFAULT_FLAG_WP = 2;
    public const ulong UFFDIO_REGISTER_MODE_MISSING = 1;
    public const ulong UFFDIO_REGISTER_MODE_WP = 2;
    public const ulong UFFDIO_WRITEPROTECT_MODE_WP = 1;

    public struct uffdio_api
    {
        public ulong api;
        public ulong features;
        public ulong ioctls;
    }

    public struct uffdio_range
    {
        public ulong start;
        public ulong len;
    }

    public struct uffdio_register
    {
        public uffdio_range range;
        public ulong mode;
        public ulong ioctls;
    }

    public struct uffdio_copy
    {
        public ulong dst;
        public ulong src;
        public ulong len;
        public ulong mode;
        public long copy;
    }

    public struct uffdio_zeropage
    {
        public uffdio_range range;
        public ulong mode;
        public long zeropage;
    }

    public struct uffdio_writeprotect
    {
        public uffdio_range range;
        public ulong mode;
    }

    /// <summary>A message as long as only page faults are asked for.</summary>
    public struct uffd_msg
    {
        public byte @event;
        public byte reserved1;
        public ushort reserved2;
        public uint reserved3;
        public uffd_pagefault arg;
    }

    /// <summary>The member <c>pagefault</c> of the union in a message. What follows in it is asked for by none here.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 24)]
    public struct uffd_pagefault
    {
        public ulong flags;
        public ulong address;
    }
}
