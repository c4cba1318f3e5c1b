using System.Text.Json;
using Vmm.Devices.State;
using Vmm.Host;
using Vmm.Inspect;
using Vmm.Inspect.Report;
using Xunit;

namespace Vmm.Tests.Vmm.Inspect;

/// <summary>What is told of a machine, over state and bytes that the tests make: no KVM.</summary>
public sealed class InspectTests
{
    private const ulong Large = 1 << 7;

    private readonly InspectRig _rig = new();

    [Fact]
    public void Registers_have_names_for_their_bits_and_the_mode_in_words()
    {
        string text = _rig.Text("registers");
        Assert.Matches("mode +long mode, 64-bit", text);
        Assert.Matches("rflags +0x0000000000000246 +PF ZF IF\n", text);
        Assert.Matches("cr0 +0x0000000080050033 +PE MP ET NE WP AM PG\n", text);
        Assert.Matches("efer +0x0000000000000d01 +SCE LME LMA NXE\n", text);
        Assert.Matches("cs +0x0010 +0x0 +0xffffffff +code, readable, accessed +0 +P L G\n", text);
        Assert.Matches("idtr +0xffffffff81001000 +0xfff\n", text);
        JsonElement json = _rig.Json("registers");
        Assert.Equal("0x0000000000000001", json.GetProperty("general").GetProperty("rax").GetString());
        Assert.Equal(0, json.GetProperty("vcpu").GetProperty("cpl").GetInt32());
        JsonElement rflags = json.GetProperty("control").EnumerateArray().First(row => row.GetProperty("register").GetString() == "rflags");
        Assert.Equal(["PF", "ZF", "IF"], rflags.GetProperty("bits").EnumerateArray().Select(bit => bit.GetString()));
    }

    [Fact]
    public void Code_is_disassembled_at_RIP_or_at_an_address()
    {
        _rig.Put(0x8000, 0x48, 0x89, 0xe5, 0xf4, 0x0f, 0x0b);
        string text = _rig.Text("code", change: request => request with { Count = 3 });
        Assert.Equal(
            "=>  0xffffffff81000000  4889e5  mov rbp, rsp\n    0xffffffff81000003  f4      hlt\n    0xffffffff81000004  0f0b    ud2\n",
            text);
        Assert.StartsWith("  0xffffffff81000003  f4", _rig.Text("code", "0xffffffff81000003"), StringComparison.Ordinal);
        Assert.Contains("its PT entry is not present", Refused("code", "0xffffffff81007000").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_is_hexadecimal_and_characters_as_far_as_there_is_any()
    {
        _rig.Put(0x9000, [.. "Hello, guest memory!"u8]);
        string text = _rig.Text("memory", "0xffffffff81001000", request => request with { Count = 20 });
        Assert.Equal(
            "0xffffffff81001000  48 65 6c 6c 6f 2c 20 67  75 65 73 74 20 6d 65 6d  Hello, guest mem\n0xffffffff81001010  6f 72 79 21                                       ory!\n",
            text);
        Assert.Equal(text.Replace("ffffffff81001", "0000000000009", StringComparison.Ordinal), _rig.Text("memory", "36864", request => request with { Count = 20, Physical = true }));
        Assert.Contains("no memory behind  0xffffffff81003000", _rig.Text("memory", "0xffffffff81002ff0"), StringComparison.Ordinal);
        Assert.Contains("it is no RAM", Refused("memory", "0x10000", request => request with { Physical = true }).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Walk_shows_each_level_and_where_the_byte_is()
    {
        string text = _rig.Text("walk", "0xffffffff81001234");
        Assert.Matches("PML4 +511 +0x1ff8 +0x0000000000002003 +P RW\n", text);
        Assert.Matches("PT +1 +0x4008 +0x0000000000009003 +P RW\n", text);
        Assert.Matches("physical +0x9234\npage +4 KiB\nrights +supervisor writable executable\nslot +0\nhost address +0x7f0000009234\n", text);
        Assert.Contains("its PDPT entry is not present", _rig.Text("walk", "0xffffff8000000000"), StringComparison.Ordinal);
        Assert.Contains("is not canonical", _rig.Text("walk", "0x900000000000"), StringComparison.Ordinal);
        JsonElement json = _rig.Json("walk", "rip");
        Assert.Equal(4, json.GetProperty("levels").GetArrayLength());
        Assert.Equal("0x8000", json.GetProperty("result").GetProperty("physical").GetString());
    }

    [Fact]
    public void Walk_to_a_device_names_it()
    {
        _rig.Put(0x4000 + 5 * 8, 0xfee0_0000 | InspectRig.P | InspectRig.RW);
        Assert.Matches("slot +none: it is no RAM\ndevice +local-apic\n", _rig.Text("walk", "0xffffffff81005000"));
    }

    [Fact]
    public void Check_counts_how_many_walks_agree_with_KVM()
    {
        LinearMemory memory = _rig.Machine().Linear(0);
        _rig.Translate = (_, linear) => memory.Walk(linear) is { IsMapped: true } walk ? walk.Physical : null;
        // Entries that are met from nearly every other place in their tables: a page of 1 GiB, and one of 2 MiB.
        _rig.Put(0x2000 + 255 * 8, 0x4000_0000 | InspectRig.P | InspectRig.RW | Large);
        _rig.Put(0x3000 + 255 * 8, 0x20_0000 | InspectRig.P | InspectRig.RW | Large);
        Assert.Matches("addresses +500\nmapped +[1-9][0-9]*\n  by 4 KiB +[1-9][0-9]*\n  by 2 MiB +[1-9][0-9]*\n  by 1 GiB +[1-9][0-9]*\nagree with KVM +500\n", _rig.Text("walk", change: request => request with { Check = 500 }));
        JsonElement check = _rig.Json("walk", change: request => request with { Check = 500 }).GetProperty("check");
        Assert.Equal(check.GetProperty("mapped").GetInt32(), Enumerable.Sum((string[])["by-4-kib", "by-2-mib", "by-1-gib"], size => check.GetProperty(size).GetInt32()));
        _rig.Translate = (_, _) => 0x1234_5678;
        Assert.Contains("differences", _rig.Text("walk", change: request => request with { Check = 50 }), StringComparison.Ordinal);
        _rig.Translate = null;
        Assert.Contains("a snapshot has no KVM", Refused("walk", change: request => request with { Check = 50 }).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("slots", "0 +0x0 +0xffff +65536 +0x7f0000000000\n")]
    [InlineData("bus", "0x03f8 +0x03ff +serial0 +vmm\n")]
    [InlineData("bus", "0xfec00000 +0xfec00fff +io-apic +KVM\n")]
    [InlineData("irq", "0 +0x00 +APIC 0 +masked, fixed, edge, active high\n")]
    [InlineData("irq", "master +0x06 +")]
    [InlineData("irq", "0 +rate generator +65536 +54.925 ms +open\n")]
    [InlineData("cpuid", "0x00000001 +0 +0x000806f8 +0x00000800 +0xfffa3203 +0x1f8bfbff\n")]
    [InlineData("msrs", "0xc0000082 +LSTAR +0xffffffff81e00080\n")]
    public void Every_topic_has_its_facts(string topic, string fact)
    {
        Assert.Matches(fact, _rig.Text(topic));
        Assert.Equal(JsonValueKind.Object, _rig.Json(topic).ValueKind);
    }

    [Fact]
    public void Acpi_tables_are_found_by_their_RSDP_or_it_is_said_that_there_is_none()
    {
        Assert.Contains("there are no ACPI tables", Refused("acpi").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Queues_tell_what_waits_and_decode_it()
    {
        const ulong descriptors = 0xa000, avail = 0xb000, used = 0xc000;
        VirtqueueState queue = new(8, descriptors, avail, used, Enabled: true, Stopped: false, Index: 3);
        VirtioState disk = new(0xf, 1UL << 32 | 1 << 28, false, 0, false, false, [queue, queue with { Enabled = false }], JsonDocument.Parse("{}").RootElement, null);
        _rig.Devices.Add(InspectRig.Part("disk0", disk, DeviceStateJson.Default.VirtioState));
        // Two chains wait: one of two descriptors, one whose table goes in a circle.
        _rig.Put(avail, 1, 0, 5, 0);
        _rig.Put(avail + 4 + 3 * 2, 0, 0, 4, 0);
        _rig.Put(used, 0, 0, 3, 0);
        Descriptor(descriptors, 0x5000, 16, 1, 1);
        Descriptor(descriptors + 16, 0x6000, 512, 2, 0);
        Descriptor(descriptors + 4 * 16, 0xd000, 32, 4, 0);
        Descriptor(0xd000, 0x7000, 8, 1, 1);
        Descriptor(0xd010, 0x7100, 8, 1, 0);
        string text = _rig.Text("queues");
        Assert.Matches("disk0 +virtio +acknowledged driver features-ok driver-ok +0x110000000\n", text);
        Assert.Matches("disk0 +0 +on +8 +0xa000 +0xb000 +0xc000 +5 +3 +3 +2 +2 +not wanted +wanted\n", text);
        Assert.Matches("disk0 +1 +off +8", text);
        text = _rig.Text("queues", "disk0");
        Assert.Matches("0 +0 +0 +0x5000 +16 +the device to read +1\n0 +0 +1 +0x6000 +512 +the device to write\n", text);
        Assert.Matches("1 +4 +4 +0xd000 +32 +a table of descriptors\n1 +4 +indirect 0 +0x7000 +8 +the device to read +1\n1 +4 +indirect 1 .* the chain goes in a circle\n", text);
        Assert.Contains("did you mean 'disk0'?", Refused("queues", "disk1").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Pci_functions_are_decoded_and_a_circle_of_capabilities_ends()
    {
        byte[] config = new byte[256];
        config[0] = 0xf4;
        config[1] = 0x1a;
        config[2] = 0x42;
        config[3] = 0x10;
        config[4] = 6;
        config[0x13] = 0xc0;
        config[0x34] = 0x40;
        (config[0x40], config[0x41], config[0x43], config[0x4d]) = (9, 0x50, 1, 0x10);
        (config[0x50], config[0x51], config[0x52], config[0x53], config[0x58]) = (0x11, 0x40, 1, 0x80, 0x20);
        byte[] table = new byte[32];
        (table[2], table[3], table[8]) = (0xe0, 0xfe, 0x25);
        table[28] = 1;
        PciFunctionState disk = new(1, "disk0", config, new MsixState(table, [2]));
        // A function's window for MSI-X, which has a BAR of its own here, is named as the living device's.
        byte[] apart = [.. config];
        (apart[0x17], apart[0x54], apart[0x58]) = (0xd0, 1, 0x21);
        _rig.Devices.Add(InspectRig.Part("pci", new PciBusState([new(1, "disk0", apart, new MsixState(table, [2]))]), DeviceStateJson.Default.PciBusState));
        Assert.Matches("0xc0000000 +0xc0000fff +disk0 +vmm\n0xd0000000 +0xd0000fff +disk0-msix +vmm\n", _rig.Text("bus"));
        _rig.Devices.Clear();
        _rig.Devices.Add(InspectRig.Part("pci", new PciBusState([disk]), DeviceStateJson.Default.PciBusState));
        string text = _rig.Text("pci");
        Assert.Matches("00:01.0 +disk0 +1af4:1042 +0x000000 +virtio disk +memory bus-master +MSI-X on\n", text);
        Assert.Matches("00:01.0 +disk0 +0 +0xc0000000 +0x1000 +32-bit\n", text);
        Assert.Matches("00:01.0 +disk0 +0x40 +virtio common configuration, BAR 0 at 0x0, 0x1000 bytes\n", text);
        Assert.Matches("MSI-X on, 2 vectors, table in BAR 0 at 0x0, pending bits in BAR 0 at 0x20\n", text);
        Assert.Matches("0 +0xfee00000 +0x25 +vector 0x25 to APIC 0 +open\n.*1 +0x0 +0x0 +nowhere +masked, pending\n", text);
    }

    [Theory]
    [InlineData("regsters", null, "'regsters' is none of registers, code, memory, walk, slots, bus, pci, queues, irq, cpuid, msrs, acpi; did you mean 'registers'?")]
    public void Topic_that_is_misspelt_gets_a_suggestion(string topic, string? where, string message) =>
        Assert.Equal(message, Assert.Throws<FormatException>(() => _rig.Report(topic, where)).Message);

    [Theory]
    [InlineData("memory", null, "'memory' needs an address, such as 0x100000, or a register's name, such as rsp")]
    [InlineData("slots", "0x10", "'0x10': 'slots' takes no argument")]
    [InlineData("walk", "here", "'here' is no address: write 0xffffffff81000000, 4096, or a register's name, such as rsp, cr3 or idt")]
    [InlineData("walk", "0x1ffffffffffffffff", "'0x1ffffffffffffffff' is no address: write 0xffffffff81000000, 4096, or a register's name, such as rsp, cr3 or idt")]
    public void Wrong_value_is_a_usage_error_that_says_what_is_right(string topic, string? where, string message)
    {
        VmmException refused = Refused(topic, where);
        Assert.Equal((message, ExitCodes.Usage), (refused.Message, refused.ExitCode));
    }

    [Fact]
    public void Option_that_does_not_belong_to_the_topic_is_refused()
    {
        Assert.Equal("--count: is for code and memory only", Refused("slots", change: request => request with { Count = 1 }).Message);
        Assert.Equal("--physical: is for memory only", Refused("code", change: request => request with { Physical = true }).Message);
        Assert.Equal("--check: is for walk only", Refused("code", change: request => request with { Check = 1 }).Message);
        Assert.Equal("--count: 0 is none of 1 to 1000", Refused("code", change: request => request with { Count = 0 }).Message);
        Assert.Equal("--vcpu: there is no vCPU 2: 'web' has 2, from 0", Refused("registers", change: request => request with { Vcpu = 2 }).Message);
    }

    [Fact]
    public void Report_is_the_same_after_its_way_over_the_control_socket()
    {
        foreach (string topic in (string[])["registers", "bus", "irq", "cpuid"])
        {
            global::Vmm.Control.Local.ControlReply reply = new() { Inspect = _rig.Report(topic) };
            byte[] line = JsonSerializer.SerializeToUtf8Bytes(reply, global::Vmm.Control.Local.ControlJson.Default.ControlReply);
            InspectReport there = JsonSerializer.Deserialize(line, global::Vmm.Control.Local.ControlJson.Default.ControlReply)!.Inspect!;
            Assert.Equal(_rig.Text(topic), InspectText.Of(there));
            using MemoryStream output = new();
            InspectJson.Write(there, output);
            Assert.Equal(_rig.Json(topic).GetRawText().Trim(), System.Text.Encoding.UTF8.GetString(output.ToArray()).Trim());
        }
    }

    private VmmException Refused(string topic, string? where = null, Func<InspectRequest, InspectRequest>? change = null) =>
        Assert.ThrowsAny<VmmException>(() => _rig.Report(topic, where, change));

    private void Descriptor(ulong at, ulong address, uint length, ushort flags, ushort next)
    {
        _rig.Put(at, address);
        _rig.Put(at + 8, length | (ulong)flags << 32 | (ulong)next << 48);
    }
}
