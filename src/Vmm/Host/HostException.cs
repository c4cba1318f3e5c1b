using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>A system call of ours failed: its name, and the errno. Never caused by what a guest does (house rule 4).</summary>
internal sealed class HostException(string operation, Errno errno)
    : Exception($"{operation}: {errno} ({Marshal.GetPInvokeErrorMessage((int)errno)})")
{
    /// <summary>What was attempted, such as <c>ioctl KVM_CREATE_VM</c>.</summary>
    public string Operation { get; } = operation;

    /// <summary>Why the kernel refused.</summary>
    public Errno Errno { get; } = errno;

    /// <summary>The failure that the last P/Invoke with <c>SetLastError</c> left behind.</summary>
    public static HostException Last(string operation) => new(operation, Linux.LastError);
}
