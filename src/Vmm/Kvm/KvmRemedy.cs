using Mono.Unix;
using Vmm.Host;

namespace Vmm.Kvm;

/// <summary>What to tell a user whose KVM refuses, with the command that mends it.</summary>
internal static class KvmRemedy
{
    /// <summary>For a device that could not be opened.</summary>
    public static VmmException ForOpen(string path, Errno errno) => new(errno switch
    {
        Errno.ENOENT =>
            $"{path} is missing: load the module (sudo modprobe kvm_intel, or kvm_amd); if that fails, switch VT-x or SVM on in the firmware, or nested virtualization on in the hypervisor that runs this machine",
        Errno.EACCES or Errno.EPERM =>
            $"{path} is forbidden to this user: join its group (sudo usermod -aG {GroupOf(path)} $USER, then log in again)",
        Errno.EBUSY =>
            $"{path} is busy: another hypervisor (VirtualBox, VMware) holds the processor's virtualization; stop it first",
        Errno.ENODEV or Errno.ENXIO =>
            $"{path} exists but its module is not loaded: sudo modprobe kvm_intel, or kvm_amd",
        Errno.EMFILE or Errno.ENFILE =>
            $"{path}: no file descriptor left ({errno}): raise the limit (ulimit -n)",
        _ => $"{path} cannot be opened: {errno}",
    });

    /// <summary>The group that may use a device; the usual one when that cannot be found out.</summary>
    private static string GroupOf(string path)
    {
        const string usual = "kvm";
        try
        {
            return new UnixFileInfo(path).OwnerGroup.GroupName is { Length: > 0 } group && group != "root" ? group : usual;
        }
        catch (Exception unknown) when (unknown is ArgumentException or InvalidOperationException or DllNotFoundException)
        {
            return usual;
        }
    }

    /// <summary>For a virtual machine that could not be made.</summary>
    public static VmmException ForCreateVm(Errno errno) => new(errno switch
    {
        Errno.ENOMEM => "KVM has no memory left for another virtual machine (KVM_CREATE_VM: ENOMEM): stop some guests first",
        Errno.EMFILE or Errno.ENFILE => $"no file descriptor left for another virtual machine (KVM_CREATE_VM: {errno}): raise the limit (ulimit -n)",
        Errno.EBUSY => "another hypervisor holds the processor's virtualization (KVM_CREATE_VM: EBUSY): stop it first",
        _ => $"KVM cannot make a virtual machine (KVM_CREATE_VM: {errno})",
    });

    /// <summary>For a vCPU that KVM puts off again and again.</summary>
    public static VmmException ForRun(int vcpu) =>
        new($"the host has no thread left for KVM (KVM_RUN of vCPU {vcpu}: EAGAIN): raise the limit (ulimit -u, or pids.max of the control group), or stop something");

    /// <summary>For a vCPU whose guest touched memory that the host no longer has.</summary>
    public static VmmException ForLostMemory(int vcpu) =>
        new($"memory of the guest is lost (KVM_RUN of vCPU {vcpu}: EFAULT): {LostMemory.Cause}", ExitCodes.Internal);

    /// <summary>For a capability that a machine cannot do without.</summary>
    public static VmmException ForMissing(Abi.KvmCapability capability) =>
        new($"this host's KVM lacks {capability}, which a machine needs; a newer kernel has it (vmm check lists them all)");
}
