namespace Vmm.Tests.Kvm.Firmware;

/// <summary>Tiny guests under QEMU on KVM.</summary>
public sealed class FirmwareQemuKvmTests() : FirmwareQemuGuests("kvm");
