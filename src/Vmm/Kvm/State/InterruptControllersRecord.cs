namespace Vmm.Kvm.State;

/// <summary>The section of the two 8259A and the I/O APIC.</summary>
/// <param name="Master">The first 8259A: the 16 bytes of struct kvm_pic_state.</param>
/// <param name="Slave">The second.</param>
/// <param name="IoApic">The I/O APIC.</param>
internal sealed record InterruptControllersRecord(byte[] Master, byte[] Slave, IoApicRecord IoApic);

/// <summary>The I/O APIC.</summary>
internal sealed record IoApicRecord(ulong BaseAddress, uint Selector, uint Id, uint Irr, IReadOnlyList<ulong> Redirections);
