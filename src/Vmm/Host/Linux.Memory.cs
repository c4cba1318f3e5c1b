using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>Memory mappings (sys/mman.h).</summary>
internal static unsafe partial class Linux
{
    public const int PROT_READ = 1;
    public const int PROT_WRITE = 2;
    public const int PROT_EXEC = 4;
    public const int MAP_SHARED = 0x01;
    public const int MAP_PRIVATE = 0x02;
    public const int MAP_FIXED = 0x10;
    public const int MAP_ANONYMOUS = 0x20;
    public const int MAP_NORESERVE = 0x4000;
    public const int MAP_POPULATE = 0x8000;
    public const int MAP_HUGETLB = 0x40000;
    public const uint MFD_CLOEXEC = 1;
    public const uint MFD_ALLOW_SEALING = 2;
    public const uint MFD_HUGETLB = 4;
    public const int F_ADD_SEALS = 1033;
    public const int F_GET_SEALS = 1034;
    public const int F_SEAL_SHRINK = 2;
    public const int F_SEAL_GROW = 4;
    public const int MADV_DONTNEED = 4;
    public const int MADV_DONTFORK = 10;
    public const int MADV_HUGEPAGE = 14;
    public const int MADV_NOHUGEPAGE = 15;
    public const int MADV_POPULATE_READ = 22;
    public const int MADV_POPULATE_WRITE = 23;

    /// <summary>struct sysinfo (linux/sysinfo.h); memory in units of <see cref="mem_unit"/> bytes.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct sysinfo
    {
        public long uptime;
        public fixed ulong loads[3];
        public ulong totalram, freeram, sharedram, bufferram;
        public ulong totalswap, freeswap;
        public ushort procs, pad;
        public ulong totalhigh, freehigh;
        public uint mem_unit;
    }

    [LibraryImport(LibC, EntryPoint = "sysinfo", SetLastError = true)]
    public static partial int read_sysinfo(sysinfo* info);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int munmap(nint address, nuint length);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int mprotect(nint address, nuint length, int protection);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int madvise(nint address, nuint length, int advice);

    /// <summary>Bit 0 of each byte of <paramref name="pages"/>: the page is in RAM.</summary>
    [LibraryImport(LibC, SetLastError = true)]
    public static partial int mincore(nint address, nuint length, byte* pages);

    [LibraryImport(LibC, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int memfd_create(string name, uint flags);

    [LibraryImport(LibC, SetLastError = true)]
    public static partial int ftruncate(int fd, long length);
}
