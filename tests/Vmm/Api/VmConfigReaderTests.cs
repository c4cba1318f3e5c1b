using System.Text;
using System.Text.Json;
using Vmm.Api;
using Vmm.Control;
using Vmm.Machine.Config;
using Xunit;

namespace Vmm.Tests.Vmm.Api;

/// <summary>The body of vm.create: what is taken, and how what is not taken is named.</summary>
public sealed class VmConfigReaderTests
{
    private static MachineConfig Read(string json) => VmConfigReader.Read(Encoding.UTF8.GetBytes(json));

    private static string Refusal(string json)
    {
        ApiException wrong = Assert.Throws<ApiException>(() => Read(json));
        Assert.Equal(400, wrong.Status);
        return wrong.Message;
    }

    private static string With(string fields) => $$"""{"payload":{"kernel":"/k"},{{fields}}}""";

    [Fact]
    public void What_is_not_given_is_as_in_cloud_hypervisor()
    {
        MachineConfig vm = Read("""{"payload":{"kernel":"/k"}}""");
        Assert.Equal(1, vm.Cpus.Count);
        Assert.Equal(512UL << 20, vm.Memory.Size.Bytes);
        Assert.Equal("", vm.Cmdline);
        Assert.Equal(ConsoleKind.Off, vm.Console!.Kind);
        Assert.Equal(ConsoleKind.Tty, vm.VirtioConsole!.Kind);
        Assert.True(vm.Rng);
    }

    [Fact]
    public void What_libvirt_sends_is_taken()
    {
        MachineConfig vm = Read("""
            {"cpus":{"boot_vcpus":2,"max_vcpus":2},"memory":{"size":268435456},
             "payload":{"kernel":"/boot/vmlinuz","cmdline":"console=hvc0","initramfs":"/boot/initrd"},
             "disks":[{"path":"/var/a.img","readonly":true},{"path":"/var/b.img"}]}
            """);
        Assert.Equal((2, "/boot/vmlinuz", "/boot/initrd", "console=hvc0"), (vm.Cpus.Count, vm.Kernel, vm.Initrd, vm.Cmdline));
        Assert.Equal([("/var/a.img", true), ("/var/b.img", false)], vm.Disk.Select(disk => (disk.Path, disk.Readonly)));
    }

    [Fact]
    public void What_info_tells_can_be_created_again()
    {
        MachineConfig vm = Read("""
            {"payload":{"kernel":"/k","initramfs":"/i","cmdline":"a b"},"cpus":{"boot_vcpus":4,"max_vcpus":4,"topology":{"threads_per_core":2,"cores_per_die":1,"dies_per_package":1,"packages":2}},
             "memory":{"size":4194304,"shared":true,"hugepages":true,"prefault":true},"disks":[{"path":"/d","id":"x","direct":true,"num_queues":2,"queue_size":128,"aio":"threads",
               "rate_limiter_config":{"bandwidth":{"size":1000,"one_time_burst":5,"refill_time":100},"ops":{"size":7,"refill_time":1000}}}],
             "net":[{"passt":true,"forward":["8080:80","::1/53:53/udp"],"link":"down"},{"tap":"vmtap0","mac":"02:00:00:00:00:01","mtu":9000,"num_queues":4,"queue_size":512,"vhost":"auto","id":"lan","rate_limiter_config":{"ops":{"size":7,"refill_time":1000}}},{"fds":[5,6]}],
             "balloon":{"size":4096,"deflate_on_oom":true,"free_page_reporting":true,"stats_polling_interval_s":3},
             "rng":{"src":"/dev/urandom"},"vsock":{"cid":7,"socket":"/v"},"serial":{"mode":"File","file":"/s"},"console":{"mode":"Off"}}
            """);
        using MemoryStream text = new();
        using (Utf8JsonWriter json = new(text))
            VmInfoWriter.Write(json, vm, VmState.Created);
        using JsonDocument info = JsonDocument.Parse(text.ToArray());
        MachineConfig again = Read(info.RootElement.GetProperty("config").GetRawText());
        Assert.Equal(MachineConfigFile.Write(vm), MachineConfigFile.Write(again));
    }

    [Fact]
    public void Fields_that_ask_for_nothing_pass()
    {
        Assert.Equal("/k", Read(With("""
            "net":null,"fs":[],"iommu":false,"watchdog":false,"balloon":null,"platform":{"num_pci_segments":1,"iommu_segments":null,"tdx":false},
            "rate_limit_groups":[],"pvpanic":false,"tpm":null,"vsock":null,"numa":[],"debug_console":{"mode":"Off","iobase":233},
            "disks":[{"path":"/d","num_queues":1,"queue_size":128,"vhost_user":false,"pci_segment":0,"rate_limiter_config":null,"image_type":"Raw"}],
            "memory":{"size":2097152,"hotplug_method":"Acpi","hotplug_size":null,"mergeable":false,"thp":true,"zones":null},
            "cpus":{"boot_vcpus":1,"max_vcpus":1,"affinity":null,"features":{"amx":false},"kvm_hyperv":false,"nested":true}
            """)).Kernel);
    }

    [Theory]
    [InlineData(""" "net":[{"tap":"tap0","vhost_user":true}] """, "net[0].vhost_user: is not supported")]
    [InlineData(""" "net":[{}] """, "net[0]: needs exactly one of")]
    [InlineData(""" "net":[{"passt":true},{"tap":"a","num_queues":3}] """, "net[1].num_queues: 3 is not an even number")]
    [InlineData(""" "net":[{"tap":"a","num_queues":64}] """, "net[0].num_queues: 32 is out of range")]
    [InlineData(""" "net":[{"tap":"a","queue_size":100}] """, "net[0].queue_size: 100 is not a power of two")]
    [InlineData(""" "net":[{"fds":[1]}] """, "net[0].fds: 1 cannot be a tap")]
    [InlineData(""" "net":[{"fds":["x"]}] """, "net[0].fds[0]: expected a list of whole numbers")]
    [InlineData(""" "net":[{"fds":3}] """, "net[0].fds: expected a list of whole numbers")]
    [InlineData(""" "net":[{"passt":true,"mac":"02:00"}] """, "net[0].mac: '02:00' is not a MAC address")]
    [InlineData(""" "net":[{"passt":true,"forward":["80:80","80"]}] """, "net[0].forward[1]: '80' is not of the form")]
    [InlineData(""" "net":[{"passt":true,"forward":[80]}] """, "net[0].forward[0]: expected a list of strings")]
    [InlineData(""" "net":[{"passt":true,"frward":[]}] """, "net[0].frward: unknown field; did you mean 'forward'?")]
    [InlineData(""" "vsock":{"cid":2,"socket":"/s"} """, "vsock.cid: 2 is no address")]
    [InlineData(""" "vsock":{"cid":18446744073709551615,"socket":"/s"} """, "vsock.cid")]
    [InlineData(""" "vsock":{"socket":"/s"} """, "vsock.cid: is needed")]
    [InlineData(""" "vsock":{"cid":3} """, "vsock.socket: is needed")]
    [InlineData(""" "vsock":{"cid":3,"socket":"/s","sokcet":1} """, "vsock.sokcet: unknown field")]
    [InlineData(""" "balloon":{"size":536870912} """, "balloon.size: 512M would leave the guest nothing")]
    [InlineData(""" "balloon":{"stats_polling_interval_s":4000} """, "balloon.stats_polling_interval_s: 4000 is out of range")]
    [InlineData(""" "balloon":{"deflate":true} """, "balloon.deflate: unknown field")]
    [InlineData(""" "watchdog":true """, "watchdog: is not supported")]
    [InlineData(""" "cpus":{"boot_vcpus":1,"max_vcpus":8} """, "cpus.max_vcpus: 8 is not boot_vcpus (1)")]
    [InlineData(""" "cpus":{"boot_vcpus":0,"max_vcpus":0} """, "cpus.boot_vcpus:")]
    [InlineData(""" "memory":{"size":2097152,"hotplug_size":4096} """, "memory.hotplug_size: is not supported")]
    [InlineData(""" "disks":[{"path":"/a"},{"path":"/b","image_type":"Qcow2"}] """, "disks[1].image_type: \"Qcow2\" is not supported by vmm, only \"Raw\"")]
    [InlineData(""" "serial":{"mode":"Pty"} """, "serial.mode: Pty is not supported by vmm, only Off, Null, Tty or File")]
    [InlineData(""" "serial":{"mode":"tty"} """, "serial.mode: 'tty' is none of")]
    [InlineData(""" "rng":{"src":"/dev/hwrng"} """, "rng.src:")]
    [InlineData(""" "payload2":{} """, "payload2: unknown field; did you mean 'payload'?")]
    [InlineData(""" "disks":[{"path":"/a","readnly":true}] """, "disks[0].readnly: unknown field; did you mean 'readonly'?")]
    [InlineData(""" "disks":[{"path":"/a"},{"path":"/a"}] """, "disks[1].path:")]
    [InlineData(""" "disks":[{"path":"/a","num_queues":0}] """, "disks[0].num_queues: 0 is out of range: 1 to 64")]
    [InlineData(""" "disks":[{"path":"/a","rate_limiter_config":{"bandwidth":{"size":1}}}] """, "disks[0].rate_limiter_config.bandwidth.refill_time: is needed")]
    [InlineData(""" "disks":[{"path":"/a","rate_limiter_config":{"ops":{"size":0,"refill_time":1}}}] """, "disks[0].rate_limiter_config.ops.size: 0 is out of range")]
    [InlineData(""" "disks":[{"path":"/a","rate_limiter_config":{"bandwith":{}}}] """, "disks[0].rate_limiter_config.bandwith: unknown field; did you mean 'bandwidth'?")]
    [InlineData(""" "disks":[{"path":"/a","aio":"fast"}] """, "disks[0].aio: 'fast' is none of auto, io_uring, threads")]
    [InlineData(""" "disks":{} """, "disks: expected a list")]
    [InlineData(""" "disks":[null] """, "disks[0]: expected an object")]
    [InlineData(""" "memory":{"size":"1G"} """, "memory.size: expected a whole number")]
    [InlineData(""" "console":{"mode":"Tty"},"serial":{"mode":"Tty"} """, "console: ")]
    public void What_is_wrong_or_not_supported_is_named(string fields, string expected) =>
        Assert.StartsWith(expected, Refusal(With(fields.Trim())), StringComparison.Ordinal);

    [Theory, Trait("Row", "84")]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{} {}")]
    [InlineData("{'payload':{}}")]
    [InlineData("""{"payload":{"kernel":"/a","kernel":"/b"}}""")]
    [InlineData("""{"payload":{"kernel":"/a"},"payload":{"kernel":"/b"}}""")]
    [InlineData("""{"payload":{"kernel":"/\ud800"}}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"payload":{}}""")]
    [InlineData("""{"payload":{"kernel":"/a","firmware":"hello"}}""")]
    [InlineData("""{"payload":{"firmware":"nobody"}}""")]
    public void Body_that_describes_no_vm_is_refused(string body) => Refusal(body);

    [Fact, Trait("Row", "84")]
    public void Deep_nesting_is_refused()
    {
        const int Depth = 100_000;
        Refusal(With($"\"net\":{new string('[', Depth)}{new string(']', Depth)}"));
    }

    [Theory, Trait("Row", "87")]
    [InlineData("18446744073709551615")]
    [InlineData("18446744073709551616")]
    [InlineData("-1")]
    [InlineData("1e300")]
    [InlineData("0")]
    [InlineData("2097153")]
    public void Memory_sizes_that_make_no_sense_are_refused(string size) =>
        Assert.StartsWith("memory.size: ", Refusal(With($"\"memory\":{{\"size\":{size}}}")), StringComparison.Ordinal);

    [Theory, Trait("Row", "86")]
    [InlineData("/proc/self/mem")]
    [InlineData("/sys/kernel/debug")]
    [InlineData("/tmp/../proc/1/mem")]
    [InlineData("/a\\u0000b")]
    [InlineData("")]
    public void Paths_that_are_no_files_for_a_guest_are_refused(string path)
    {
        Assert.StartsWith("payload.kernel: ", Refusal($$$"""{"payload":{"kernel":"{{{path}}}"}}"""), StringComparison.Ordinal);
        Assert.StartsWith("payload.initramfs: ", Refusal($$$"""{"payload":{"kernel":"/k","initramfs":"{{{path}}}"}}"""), StringComparison.Ordinal);
        Assert.StartsWith("disks[0].path: ", Refusal(With($$$""" "disks":[{"path":"{{{path}}}"}] """)), StringComparison.Ordinal);
        Assert.StartsWith("serial.file: ", Refusal(With($$$""" "serial":{"mode":"File","file":"{{{path}}}"} """)), StringComparison.Ordinal);
        Assert.StartsWith("console", Refusal(With($$$""" "console":{"mode":"File","file":"{{{path}}}"} """)), StringComparison.Ordinal);
    }
}
