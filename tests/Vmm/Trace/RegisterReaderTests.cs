using Vmm.Kvm.Abi;
using Vmm.Trace;
using Vmm.Trace.Format;
using Vmm.Trace.Meaning;
using Vmm.Trace.Recording;
using Xunit;

namespace Vmm.Tests.Vmm.Trace;

/// <summary>Registers by name, and values in words.</summary>
public class RegisterReaderTests
{
    private readonly RegisterReader _reader = new(new TraceHeader { FromStart = true });

    [Fact]
    public void Serial_line_s_first_registers_are_the_divisor_while_DLAB_is_set()
    {
        Assert.Equal(new RegisterMeaning("THR", "'A'"), Write(DeviceModel.Serial, 0, 0x41));
        Assert.Equal(new RegisterMeaning("LCR", "8N1 DLAB"), Write(DeviceModel.Serial, 3, 0x83));
        Assert.Equal(new RegisterMeaning("DLL"), Write(DeviceModel.Serial, 0, 1));
        Assert.Equal(new RegisterMeaning("DLM"), Write(DeviceModel.Serial, 1, 0));
        Assert.Equal(new RegisterMeaning("LCR", "7E1"), Write(DeviceModel.Serial, 3, 0x1a));
        Assert.Equal(new RegisterMeaning("IER", "RDA THRE"), Write(DeviceModel.Serial, 1, 3));
        Assert.Equal(new RegisterMeaning("LSR", "THRE TEMT"), Read(DeviceModel.Serial, 5, 0x60));
        Assert.Equal(new RegisterMeaning("IIR", "nothing pending"), Read(DeviceModel.Serial, 2, 0xc1));
        Assert.Equal(new RegisterMeaning("FCR", "enable"), Write(DeviceModel.Serial, 2, 1));
        Assert.Equal(new RegisterMeaning("THR", "'\\x1b'"), Write(DeviceModel.Serial, 0, 0x1b));
    }

    [Fact]
    public void Clock_s_byte_is_the_one_that_was_chosen()
    {
        Assert.Equal(new RegisterMeaning("index", "hours"), Write(DeviceModel.Cmos, 0, 0x84));
        Assert.Equal(new RegisterMeaning("hours"), Read(DeviceModel.Cmos, 1, 0x12));
        Assert.Equal(new RegisterMeaning("index", "status A"), Write(DeviceModel.Cmos, 0, 0x0a));
        Assert.Equal(new RegisterMeaning("status A"), Read(DeviceModel.Cmos, 1, 0x26));
    }

    [Fact]
    public void Pci_by_ports_is_a_function_s_register()
    {
        Assert.Equal(new RegisterMeaning("address", "00:03.0 +0x04"), Write(DeviceModel.PciConfig, 0, 0x8000_1804, 4));
        Assert.Equal(new RegisterMeaning("00:03.0 command", "memory bus-master"), Write(DeviceModel.PciConfig, 4, 6, 2));
        Assert.Equal(new RegisterMeaning("00:03.0 status", ""), Read(DeviceModel.PciConfig, 6, 0x10, 2));
        Write(DeviceModel.PciConfig, 0, 0x8000_f800, 4);
        Assert.Equal(new RegisterMeaning("00:1f.0 vendor id", "nobody there"), Read(DeviceModel.PciConfig, 4, 0xffff_ffff, 4));
    }

    [Fact]
    public void Pci_in_memory_is_the_same()
    {
        Assert.Equal(new RegisterMeaning("00:01.0 vendor id", "1af4:1042"), Read(DeviceModel.PciEcam, 0x8000, 0x1042_1af4, 4));
        Assert.Equal(new RegisterMeaning("01:00.3 BAR 2", "what size?"), Write(DeviceModel.PciEcam, 0x10_3018, 0xffff_ffff, 4));
        Assert.Equal(new RegisterMeaning("00:00.0 +0x100", "extended capability"), Read(DeviceModel.PciEcam, 0x100, 0, 4));
    }

    [Fact]
    public void Virtio_status_and_features_are_words_on_both_transports()
    {
        Assert.Equal(new RegisterMeaning("device_status", "ACKNOWLEDGE DRIVER FEATURES_OK"), Write(DeviceModel.VirtioPci, 20, 0x0b));
        Write(DeviceModel.VirtioPci, 0, 1, 4);
        Assert.Equal(new RegisterMeaning("device_feature", "VERSION_1"), Read(DeviceModel.VirtioPci, 4, 1, 4));
        Assert.Equal(new RegisterMeaning("queue_desc+4"), Write(DeviceModel.VirtioPci, 36, 0, 4));
        Assert.Equal(new RegisterMeaning("ISR", "queue"), Read(DeviceModel.VirtioPci, 0x1000, 1));
        Assert.Equal(new RegisterMeaning("config +0x8"), Read(DeviceModel.VirtioPci, 0x2008, 1, 4));
        Assert.Equal(new RegisterMeaning("notify queue 2"), Write(DeviceModel.VirtioPci, 0x3008, 2, 2));
        Assert.Equal(new RegisterMeaning("Status", "reset"), Write(DeviceModel.VirtioMmio, 0x70, 0, 4));
        Assert.Equal(new RegisterMeaning("MagicValue", "\"virt\""), Read(DeviceModel.VirtioMmio, 0, 0x7472_6976, 4));
        Assert.Equal(new RegisterMeaning("DeviceFeatures", "INDIRECT_DESC EVENT_IDX"), Read(DeviceModel.VirtioMmio, 0x10, 0x3000_0000, 4));
    }

    [Fact]
    public void Power_off_is_told()
    {
        Assert.Equal(new RegisterMeaning("SLEEP_CONTROL", "power off (S5)"), Write(DeviceModel.AcpiPower, 0, 0x34));
        Assert.Equal(new RegisterMeaning("event status", "power-button"), Read(DeviceModel.AcpiPower, 3, 1));
        Assert.Equal(new RegisterMeaning("command", "pulse reset"), Write(DeviceModel.I8042, 4, 0xfe));
        Assert.Equal(new RegisterMeaning("vector 2 control", "masked"), Write(DeviceModel.Msix, 0x2c, 1, 4));
    }

    [Fact]
    public void Nobody_s_register_has_no_name() => Assert.Null(_reader.Read(Access(DeviceModel.Other, 0, 0, 1, write: true) with { Device = null }));

    /// <summary>Any access that a forged trace may tell of is read without an exception.</summary>
    [Fact]
    public void Any_offset_value_and_size_can_be_read()
    {
        foreach (string model in (string[])[DeviceModel.Serial, DeviceModel.Cmos, DeviceModel.I8042, DeviceModel.PciConfig, DeviceModel.PciEcam, DeviceModel.AcpiPower, DeviceModel.Reset, DeviceModel.VirtioMmio, DeviceModel.VirtioPci, DeviceModel.Msix, "never heard of"])
        {
            foreach (ulong offset in (ulong[])[0, 1, 3, 7, 0x14, 0x70, 0x100, 0x1000, 0x2fff, 0x3003, uint.MaxValue, ulong.MaxValue])
            {
                foreach (ulong value in (ulong[])[0, 1, 0x80, uint.MaxValue, ulong.MaxValue])
                {
                    _reader.Read(Access(model, offset, value, 8, write: true));
                    _reader.Read(Access(model, offset, value, 0, write: false));
                }
            }
        }
    }

    [Fact]
    public void Register_that_another_one_selects_is_not_guessed_where_the_trace_began_later()
    {
        RegisterReader late = new(new TraceHeader());
        Assert.Equal("data", late.Read(Access(DeviceModel.Cmos, 1, 0x12, 1, write: false))?.Name);
        Assert.Equal("data", late.Read(Access(DeviceModel.PciConfig, 4, 6, 2, write: true))?.Name);
        Assert.Equal("0 of a window that is not in the trace", late.Read(Access(DeviceModel.VirtioPci, 4, 1, 4, write: false))?.Value);
        Assert.Equal("28 of a window that is not in the trace", late.Read(Access(DeviceModel.VirtioMmio, 0x20, 0x1000_0000, 4, write: true))?.Value);
        late.Read(Access(DeviceModel.Cmos, 0, 4, 1, write: true));
        Assert.Equal("hours", late.Read(Access(DeviceModel.Cmos, 1, 0x12, 1, write: false))?.Name);
    }

    [Fact]
    public void Register_that_another_one_selects_is_not_guessed_where_the_trace_leaves_that_one_out()
    {
        // The tests' devices begin at address 0.
        ExitFilter data = new() { Ranges = [new TraceRange(Ports: true, 1, 1)] }, both = new() { Ranges = [new TraceRange(Ports: true, 0, 1)] };
        RegisterReader without = new(new TraceHeader { FromStart = true, Filter = data }), with = new(new TraceHeader { FromStart = true, Filter = both });
        Assert.Equal("data", without.Read(Access(DeviceModel.Cmos, 1, 0x12, 1, write: false))?.Name);
        Assert.Equal("seconds", with.Read(Access(DeviceModel.Cmos, 1, 0x12, 1, write: false))?.Name);
        RegisterReader one = new(new TraceHeader { FromStart = true, Filter = new() { Vcpus = [1] } });
        Assert.Equal("data", one.Read(Access(DeviceModel.Cmos, 1, 0x12, 1, write: false))?.Name);
    }

    private RegisterMeaning? Write(string model, ulong offset, ulong value, int size = 1) => _reader.Read(Access(model, offset, value, size, write: true));

    private RegisterMeaning? Read(string model, ulong offset, ulong value, int size = 1) => _reader.Read(Access(model, offset, value, size, write: false));

    private static TracedExit Access(string model, ulong offset, ulong value, int size, bool write) => new()
    {
        Vcpu = 0,
        Answered = 0,
        Handled = 0,
        InGuest = 0,
        Reason = KvmExitReason.KVM_EXIT_IO,
        Access = write ? AccessKind.PortWrite : AccessKind.PortRead,
        Address = offset,
        Device = new TracedDevice("device", model),
        Offset = offset,
        Size = size,
        Count = 1,
        Data = BitConverter.GetBytes(value)[..size],
    };
}
