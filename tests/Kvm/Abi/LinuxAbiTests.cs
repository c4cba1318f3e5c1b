using System.Reflection;
using System.Runtime.InteropServices;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Kvm.Abi;

/// <summary>House rule 6 for the C library: constants and structures of <see cref="Linux"/> are what its headers say.</summary>
[Trait("Needs", "nothing")]
public class LinuxAbiTests
{
    private static readonly string[] Headers =
    [
        "fcntl.h", "unistd.h", "limits.h", "poll.h", "sys/socket.h", "sys/un.h", "sys/prctl.h", "sys/resource.h", "signal.h", "time.h", "termios.h", "sys/eventfd.h", "sys/epoll.h", "sys/mman.h",
        "sys/stat.h", "sys/uio.h", "sys/vfs.h", "sys/ioctl.h", "linux/fs.h", "linux/falloc.h", "linux/io_uring.h", "sys/syscall.h", "linux/sysinfo.h", "linux/magic.h", "spawn.h", "net/if.h", "linux/if_tun.h", "linux/netlink.h", "linux/rtnetlink.h", "linux/vhost.h", "linux/userfaultfd.h",
    ];

    /// <summary>Structures whose C name is that of a function too; their names here differ.</summary>
    private static readonly Dictionary<string, string> CNames = new() { ["statx_data"] = "statx", ["statfs_data"] = "statfs" };

    /// <summary>Structures that have no name in C.</summary>
    private static readonly Dictionary<string, string> Members = new() { ["uffd_pagefault"] = "__typeof__(((struct uffd_msg *)0)->arg.pagefault)" };

    /// <summary>Of Linux 6.2, and not yet in the headers that CI has.</summary>
    private static readonly HashSet<string> Newer = ["TUN_F_USO4", "TUN_F_USO6"];

    [Fact]
    public void Every_constant_has_the_value_that_the_headers_give()
    {
        // Names in the header's spelling have no lower-case letter; the others are of our own making.
        Dictionary<string, long> ours = typeof(Linux).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(f => f.IsLiteral && !f.Name.Any(char.IsLower) && !Newer.Contains(f.Name))
            .ToDictionary(f => f.Name, f => Convert.ToInt64(f.GetRawConstantValue()));
        Assert.True(ours.Count > 40);
        AssertSame(ours);
    }

    [Fact]
    public void Every_structure_has_the_size_and_offsets_that_the_headers_give()
    {
        Dictionary<string, long> ours = [];
        foreach (Type type in typeof(Linux).GetNestedTypes().Where(t => t.IsValueType && !t.IsEnum && t.Name.All(c => !char.IsUpper(c))))
        {
            string c = Members.GetValueOrDefault(type.Name, $"struct {CNames.GetValueOrDefault(type.Name, type.Name)}");
            ours[$"sizeof({c})"] = Marshal.SizeOf(type);
            foreach (FieldInfo field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
                ours[$"offsetof({c}, {field.Name})"] = Marshal.OffsetOf(type, field.Name);
        }
        Assert.True(ours.Count > 10);
        AssertSame(ours);
    }

    private static void AssertSame(Dictionary<string, long> ours)
    {
        Dictionary<string, long> theirs = KernelHeaders.Evaluate(ours.Keys, Headers);
        Assert.All(ours, pair => Assert.Equal((pair.Key, theirs[pair.Key]), (pair.Key, pair.Value)));
    }
}
