using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Kvm.Abi;

namespace Vmm.Kvm.State;

/// <summary>The interrupt controllers that KVM has: two 8259A and an I/O APIC.</summary>
/// <remarks>Restored after the devices: a line that a device raised again must not look like a new edge.</remarks>
internal sealed unsafe class InterruptControllersState(KvmVm vm) : IStateful
{
    /// <inheritdoc/>
    public string StateName => "interrupt-controllers";

    /// <inheritdoc/>
    public int StateVersion => 1;

    /// <inheritdoc/>
    public JsonElement SaveState()
    {
        kvm_irqchip chip = vm.GetIrqChip(kvm_irqchip.KVM_IRQCHIP_IOAPIC);
        kvm_ioapic_state io = *(kvm_ioapic_state*)chip.chip;
        IoApicRecord ioApic = new(io.base_address, io.ioregsel, io.id, io.irr, new ReadOnlySpan<ulong>(io.redirtbl, kvm_ioapic_state.KVM_IOAPIC_NUM_PINS).ToArray());
        return StateJson.Write(new InterruptControllersRecord(Pic(kvm_irqchip.KVM_IRQCHIP_PIC_MASTER), Pic(kvm_irqchip.KVM_IRQCHIP_PIC_SLAVE), ioApic), KvmStateJson.Default.InterruptControllersRecord);
    }

    /// <inheritdoc/>
    public void RestoreState(int version, JsonElement state)
    {
        InterruptControllersRecord saved = StateJson.Read(this, version, state, KvmStateJson.Default.InterruptControllersRecord);
        CheckLength("master", saved.Master.Length, sizeof(kvm_pic_state));
        CheckLength("slave", saved.Slave.Length, sizeof(kvm_pic_state));
        CheckLength("io-apic.redirections", saved.IoApic.Redirections.Count, kvm_ioapic_state.KVM_IOAPIC_NUM_PINS);
        SetPic("master", kvm_irqchip.KVM_IRQCHIP_PIC_MASTER, saved.Master);
        SetPic("slave", kvm_irqchip.KVM_IRQCHIP_PIC_SLAVE, saved.Slave);
        kvm_irqchip chip = new() { chip_id = kvm_irqchip.KVM_IRQCHIP_IOAPIC };
        kvm_ioapic_state* io = (kvm_ioapic_state*)chip.chip;
        (io->base_address, io->ioregsel, io->id, io->irr) = (saved.IoApic.BaseAddress, saved.IoApic.Selector, saved.IoApic.Id, saved.IoApic.Irr);
        for (int pin = 0; pin < kvm_ioapic_state.KVM_IOAPIC_NUM_PINS; pin++)
            io->redirtbl[pin] = saved.IoApic.Redirections[pin];
        KvmRefusal.Name(StateName, "io-apic", vm.SetIrqChip, chip);
    }

    private byte[] Pic(uint number)
    {
        kvm_irqchip chip = vm.GetIrqChip(number);
        return new ReadOnlySpan<byte>(chip.chip, sizeof(kvm_pic_state)).ToArray();
    }

    private void SetPic(string field, uint number, byte[] state)
    {
        kvm_irqchip chip = new() { chip_id = number };
        state.CopyTo(new Span<byte>(chip.chip, sizeof(kvm_pic_state)));
        KvmRefusal.Name(StateName, field, vm.SetIrqChip, chip);
    }

    private void CheckLength(string field, int length, int expected)
    {
        if (length != expected)
            throw new StateException(StateName, $"{field}: {length} where {expected} are needed");
    }
}
