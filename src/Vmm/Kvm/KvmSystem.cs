using Vmm.Host;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm;

/// <summary>The system level of KVM: <c>/dev/kvm</c> itself. What the host can do, and new virtual machines.</summary>
internal sealed unsafe class KvmSystem : IDisposable
{
    /// <summary>Where the kernel offers KVM.</summary>
    public const string DevicePath = "/dev/kvm";

    /// <summary>The only version there has been since Linux 2.6.22.</summary>
    public const int ApiVersion = 12;

    /// <summary>More CPUID leaves than any KVM has listed so far; doubled when it is not enough.</summary>
    private const int ExpectedCpuidEntries = 128;
    private const int MaximumCpuidEntries = 4096;

    private readonly SafeFd _fd;

    private KvmSystem(SafeFd fd) => _fd = fd;

    /// <summary>Opens KVM and checks its version.</summary>
    /// <param name="path">The device, for a test of what is said when it is missing.</param>
    /// <exception cref="VmmException">The device is missing, forbidden, busy or of another version; the message says how to mend it.</exception>
    public static KvmSystem Open(string path = DevicePath)
    {
        int fd = Linux.open(path, Linux.O_RDWR | Linux.O_CLOEXEC, 0);
        if (fd < 0)
            throw KvmRemedy.ForOpen(path, Linux.LastError);
        KvmSystem system = new(new SafeFd(fd));
        int version = system.Ioctl(KvmIoctl.KVM_GET_API_VERSION, 0);
        if (version == ApiVersion)
            return system;
        system.Dispose();
        throw new VmmException(version < 0
            ? $"{path} is not a KVM device: it does not answer KVM_GET_API_VERSION"
            : $"{path} speaks KVM API version {version}; this program needs {ApiVersion}, which every Linux since 2.6.22 has");
    }

    /// <summary>KVM_CHECK_EXTENSION: 0 when the capability is missing, else its value (often 1).</summary>
    public int Check(KvmCapability capability) => Math.Max(0, Ioctl(KvmIoctl.KVM_CHECK_EXTENSION, (nint)capability));

    /// <summary>Size of a vCPU's shared area, in bytes.</summary>
    public int VcpuMapSize
    {
        get
        {
            int size = Ioctl(KvmIoctl.KVM_GET_VCPU_MMAP_SIZE, 0);
            return size > 0 ? size : throw HostException.Last("ioctl KVM_GET_VCPU_MMAP_SIZE");
        }
    }

    /// <summary>Makes an empty virtual machine.</summary>
    /// <exception cref="VmmException">The host has no room or no descriptors left, or hardware virtualization is in use by another hypervisor.</exception>
    public KvmVm CreateVm()
    {
        int fd;
        do
            fd = Ioctl(KvmIoctl.KVM_CREATE_VM, 0);
        while (fd < 0 && Linux.Interrupted);
        return fd >= 0 ? new KvmVm(new SafeFd(fd), VcpuMapSize) : throw KvmRemedy.ForCreateVm(Linux.LastError);
    }

    /// <summary>The CPUID leaves that KVM can give a guest on this host.</summary>
    public kvm_cpuid_entry2[] GetSupportedCpuid()
    {
        for (int capacity = ExpectedCpuidEntries; capacity <= MaximumCpuidEntries; capacity *= 2)
        {
            byte[] buffer = new byte[sizeof(kvm_cpuid2) + capacity * sizeof(kvm_cpuid_entry2)];
            fixed (byte* start = buffer)
            {
                kvm_cpuid2* header = (kvm_cpuid2*)start;
                header->nent = (uint)capacity;
                if (Ioctl(KvmIoctl.KVM_GET_SUPPORTED_CPUID, (nint)header) >= 0)
                    return new ReadOnlySpan<kvm_cpuid_entry2>(header + 1, (int)header->nent).ToArray();
            }
            if (Linux.LastError != Errno.E2BIG)
                break;
        }
        throw HostException.Last("ioctl KVM_GET_SUPPORTED_CPUID");
    }

    /// <summary>The numbers of the model-specific registers that KVM says can be saved and restored.</summary>
    public uint[] GetMsrNumbers()
    {
        uint[] buffer = new uint[1];
        fixed (uint* start = buffer)
        {
            // Refused, with the number that there are.
            if (Ioctl(KvmIoctl.KVM_GET_MSR_INDEX_LIST, (nint)start) < 0 && Linux.LastError != Errno.E2BIG)
                throw HostException.Last("ioctl KVM_GET_MSR_INDEX_LIST");
        }
        uint count = buffer[0];
        buffer = new uint[count + 1];
        buffer[0] = count;
        fixed (uint* start = buffer)
        {
            if (Ioctl(KvmIoctl.KVM_GET_MSR_INDEX_LIST, (nint)start) < 0)
                throw HostException.Last("ioctl KVM_GET_MSR_INDEX_LIST");
        }
        return buffer[1..(int)(buffer[0] + 1)];
    }

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private int Ioctl(nuint request, nint argument) => Linux.ioctl(_fd.Number, request, argument);
}
