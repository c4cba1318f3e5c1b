using System.Text.Json;
using Vmm.Control;
using Vmm.Devices.Virtio.Block;
using Vmm.Machine.Config;

namespace Vmm.Api;

/// <summary>Writes the answer of <c>vm.info</c>: the VM in Cloud Hypervisor's words, such that <c>vm.create</c> takes the configuration again.</summary>
internal static class VmInfoWriter
{
    /// <summary>Writes it.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="machine">The VM.</param>
    /// <param name="state">Where it is in its life.</param>
    /// <param name="ballooned">What its guest has given up, in bytes: any number a guest likes to tell.</param>
    public static void Write(Utf8JsonWriter json, MachineConfig machine, VmState state, ulong ballooned = 0)
    {
        json.WriteStartObject();
        json.WriteStartObject("config");
        WriteCpus(json, machine.Cpus);
        WriteMemory(json, machine.Memory);
        WritePayload(json, machine);
        json.WriteStartArray("disks");
        foreach (DiskConfig disk in machine.Disk)
            WriteDisk(json, disk, machine.Cpus.Topology.Count);
        json.WriteEndArray();
        if (machine.Net.Count > 0)
            VmNetWriter.Write(json, machine.Net);
        VmPorts.Write(json, machine.Port);
        if (machine.Rng)
        {
            json.WriteStartObject("rng");
            json.WriteString("src", "/dev/urandom");
            json.WriteEndObject();
        }
        VmVsock.Write(json, machine.Vsock);
        // A serial line is there even when it leads nowhere; a virtio console is not.
        WriteConsole(json, "serial", machine.Console!, "Null");
        WriteConsole(json, "console", machine.VirtioConsole!, "Off");
        if (machine.Balloon is { } balloon)
            VmBalloonReader.Write(json, balloon);
        json.WriteEndObject();
        json.WriteString("state", state.ToString());
        json.WriteNumber("memory_actual_size", machine.Memory.Size.Bytes - Math.Min(ballooned, machine.Memory.Size.Bytes));
        json.WriteEndObject();
    }

    private static void WriteCpus(Utf8JsonWriter json, CpuConfig cpus)
    {
        CpuTopology topology = cpus.Topology;
        json.WriteStartObject("cpus");
        json.WriteNumber("boot_vcpus", topology.Count);
        json.WriteNumber("max_vcpus", topology.Count);
        json.WriteStartObject("topology");
        json.WriteNumber("threads_per_core", topology.Threads);
        json.WriteNumber("cores_per_die", topology.Cores);
        json.WriteNumber("dies_per_package", 1);
        json.WriteNumber("packages", topology.Sockets);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteMemory(Utf8JsonWriter json, MemoryConfig memory)
    {
        json.WriteStartObject("memory");
        json.WriteNumber("size", memory.Size.Bytes);
        json.WriteBoolean("shared", memory.Shared);
        json.WriteBoolean("hugepages", memory.Hugepages);
        json.WriteBoolean("prefault", memory.Prefault);
        json.WriteEndObject();
    }

    private static void WritePayload(Utf8JsonWriter json, MachineConfig machine)
    {
        json.WriteStartObject("payload");
        WriteText(json, "kernel", machine.Kernel);
        WriteText(json, "firmware", machine.Firmware);
        WriteText(json, "initramfs", machine.Initrd);
        WriteText(json, "cmdline", machine.Cmdline);
        json.WriteEndObject();
    }

    private static void WriteDisk(Utf8JsonWriter json, DiskConfig disk, int vcpus)
    {
        json.WriteStartObject();
        json.WriteString("path", disk.Path);
        json.WriteBoolean("readonly", disk.Readonly);
        json.WriteBoolean("direct", disk.Direct);
        WriteText(json, "id", disk.Id);
        json.WriteString("image_type", "Raw");
        json.WriteNumber("num_queues", disk.QueuesFor(vcpus));
        json.WriteNumber("queue_size", disk.QueueSize ?? BlockQueues.DefaultSize);
        json.WriteString("aio", Word.Of(disk.Aio));
        RateLimiterFields.Write(json, disk.Limit);
        json.WriteEndObject();
    }

    private static void WriteConsole(Utf8JsonWriter json, string name, ConsoleTarget target, string off)
    {
        json.WriteStartObject(name);
        WriteText(json, "file", target.Path);
        json.WriteString("mode", target.Kind == ConsoleKind.Off ? off : target.Kind.ToString());
        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
            json.WriteString(name, text);
    }
}
