using System.Text.Json;
using System.Text.Unicode;
using Vmm.Firmware;
using Vmm.Machine.Config;
using Vmm.Storage;

namespace Vmm.Api;

/// <summary>
/// Reads the body of <c>vm.create</c>, which has the shape of Cloud Hypervisor's <c>VmConfig</c>. What is not given is as
/// there: 1 vCPU, 512 MiB, the virtio console on the terminal, the serial line nowhere.
/// </summary>
internal static class VmConfigReader
{
    private const int DeepestNesting = 8;
    private const int MostDisks = 64;

    private static readonly JsonDocumentOptions s_strict = new() { MaxDepth = DeepestNesting, AllowDuplicateProperties = false };

    /// <summary>Reads it and resolves it.</summary>
    /// <exception cref="ApiException">Naming the field that is wrong, as the API calls it.</exception>
    public static MachineConfig Read(ReadOnlyMemory<byte> body)
    {
        if (body.Length == 0)
            throw new ApiException(ApiException.BadRequest, "vm.create needs a body: the VM's description");
        if (!Utf8.IsValid(body.Span))
            throw new ApiException(ApiException.BadRequest, "the body is not UTF-8");
        try
        {
            using JsonDocument document = JsonDocument.Parse(body, s_strict);
            return MachineConfigResolver.Resolve(ReadVm(new ApiFields("", document.RootElement)));
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            throw ApiBody.Unreadable(wrong);
        }
        catch (MachineConfigException wrong)
        {
            throw ApiException.Field(VmConfigFieldNames.Of(wrong.Field), wrong.Reason);
        }
    }

    private static MachineConfig ReadVm(ApiFields vm)
    {
        MachineConfig machine = new();
        ReadPayload(vm.Object("payload") ?? throw vm.Wrong("payload", "is needed: { \"kernel\": FILE } or { \"firmware\": NAME }"), machine);
        if (vm.Object("cpus") is { } cpus)
            machine.Cpus = ReadCpus(cpus);
        if (vm.Object("memory") is { } memory)
            machine.Memory = ReadMemory(memory);
        IReadOnlyList<ApiFields> disks = vm.List("disks");
        if (disks.Count > MostDisks)
            throw vm.Wrong("disks", $"{disks.Count} are too many");
        machine.Disk = [.. disks.Select(ReadDisk)];
        machine.Port = VmPorts.Read(vm);
        ReadRng(vm.Object("rng"));
        machine.Console = VmConsoleReader.Serial(vm.Object("serial"));
        machine.VirtioConsole = VmConsoleReader.Virtio(vm.Object("console"), machine.Console);
        VmConsoleReader.Debug(vm.Object("debug_console"));
        machine.Vsock = VmVsock.Read(vm.Object("vsock"));
        machine.Balloon = VmBalloonReader.Read(vm.Object("balloon"));
        ReadPlatform(vm.Object("platform"));
        IReadOnlyList<ApiFields> nets = vm.List("net");
        if (nets.Count > MostDisks)
            throw vm.Wrong("net", $"{nets.Count} are too many");
        machine.Net = [.. nets.Select(VmNetReader.Read)];
        vm.Nothing("fs", "generic_vhost_user", "pmem", "devices", "user_devices", "vdpa", "numa", "iommu",
            "watchdog", "rtc", "pvpanic", "pci_segments", "tpm", "landlock_enable", "landlock_rules", "rate_limit_groups", "sgx_epc", "gdb", "ivshmem");
        vm.Done();
        return machine;
    }

    private static void ReadPayload(ApiFields payload, MachineConfig machine)
    {
        machine.Kernel = payload.Text("kernel");
        machine.Initrd = payload.Text("initramfs");
        // What the client gives, and nothing else: no default as on vmm's own command line.
        machine.Cmdline = payload.Text("cmdline") ?? "";
        string? firmware = payload.Text("firmware");
        payload.Nothing("igvm", "host_data");
        payload.Done();
        if (firmware is null && machine.Kernel is null)
            throw payload.Wrong("kernel", "is needed, or firmware");
        if (firmware?.Contains('/', StringComparison.Ordinal) != true)
        {
            machine.Firmware = firmware;
            if (firmware is not null && machine.Kernel is null && FirmwareCatalog.Find(firmware) is null)
                throw payload.Wrong("firmware", $"'{Printable.Escape(firmware)}' is neither a path nor a built-in guest of vmm ('vmm firmware list')");
        }
        else if (machine.Kernel is null)
        {
            // A firmware file is entered as a kernel is: by what its content says (PVH).
            machine.Kernel = firmware;
        }
        else
        {
            throw payload.Wrong("firmware", "give either a kernel or a firmware, not both");
        }
    }

    private static CpuConfig ReadCpus(ApiFields cpus)
    {
        int boot = cpus.SmallNumber("boot_vcpus") ?? 1;
        int most = cpus.SmallNumber("max_vcpus") ?? boot;
        if (most != boot)
            throw cpus.Wrong("max_vcpus", $"{most} is not boot_vcpus ({boot}): vmm does not plug vCPUs into a running VM");
        CpuConfig config = new() { Count = boot };
        if (cpus.Object("topology") is { } topology)
        {
            config.Threads = topology.SmallNumber("threads_per_core");
            config.Cores = topology.SmallNumber("cores_per_die");
            config.Sockets = topology.SmallNumber("packages");
            topology.Only("dies_per_package", "1");
            topology.Done();
        }
        if (cpus.Object("features") is { } features)
        {
            features.Nothing("amx");
            features.Done();
        }
        cpus.Only("core_scheduling", "\"Off\"", "\"Vm\"");
        cpus.Only("nested", "true");
        cpus.Nothing("affinity", "kvm_hyperv", "max_phys_bits");
        cpus.Done();
        return config;
    }

    private static MemoryConfig ReadMemory(ApiFields memory)
    {
        MemoryConfig config = new() { Shared = memory.Flag("shared"), Hugepages = memory.Flag("hugepages"), Prefault = memory.Flag("prefault") };
        if (memory.Number("size") is ulong size)
            config.Size = new ByteSize(size);
        memory.Only("hugepage_size", "2097152");
        memory.Only("hotplug_method", "\"Acpi\"");
        memory.Only("thp", "true");
        memory.Nothing("hotplug_size", "hotplugged_size", "mergeable", "reserve", "zones");
        memory.Done();
        return config;
    }

    private static DiskConfig ReadDisk(ApiFields disk)
    {
        DiskConfig config = new()
        {
            Path = disk.Text("path") ?? throw disk.Wrong("path", "is needed"),
            Readonly = disk.Flag("readonly"),
            Direct = disk.Flag("direct"),
            Id = disk.Text("id"),
            Queues = disk.SmallNumber("num_queues"),
            QueueSize = disk.SmallNumber("queue_size"),
            Limit = RateLimiterFields.Read(disk),
            Aio = ReadAio(disk),
        };
        if (disk.Text("serial") is string serial && serial != (config.Id ??= serial))
            throw disk.Wrong("serial", "is the disk's id in vmm; leave one of the two out");
        disk.Only("image_type", "\"Raw\"");
        disk.Only("lock_granularity", "\"ByteRange\"", "\"Full\"");
        disk.Only("sparse", "true");
        disk.Nothing("iommu", "vhost_user", "vhost_socket", "rate_limit_group", "pci_segment", "pci_device_id", "queue_affinity",
            "backing_files");
        disk.Done();
        return config;
    }

    /// <summary>Our own field <c>aio</c>; or Cloud Hypervisor's, which can only take an engine away.</summary>
    private static DiskEngine ReadAio(ApiFields disk)
    {
        bool noRing = disk.Flag("disable_io_uring");
        // Linux' older AIO, which vmm never uses.
        disk.Flag("disable_aio");
        if (disk.Text("aio") is not string aio)
            return noRing ? DiskEngine.Threads : DiskEngine.Auto;
        try
        {
            DiskEngine engine = Word.Parse<DiskEngine>(aio);
            return noRing && engine == DiskEngine.Io_uring ? throw disk.Wrong("aio", "is io_uring, which disable_io_uring takes away") : engine;
        }
        catch (FormatException wrong)
        {
            throw disk.Wrong("aio", wrong.Message);
        }
    }

    /// <summary>The guest has an entropy device whether it is named or not.</summary>
    private static void ReadRng(ApiFields? rng)
    {
        if (rng is null)
            return;
        rng.Only("src", "\"/dev/urandom\"", "\"/dev/random\"");
        rng.Nothing("iommu", "id", "pci_segment", "pci_device_id");
        rng.Done();
    }

    private static void ReadPlatform(ApiFields? platform)
    {
        if (platform is null)
            return;
        platform.Only("num_pci_segments", "1", "0");
        platform.Only("vfio_p2p_dma", "true");
        platform.Nothing("iommu_segments", "iommu_address_width_bits", "serial_number", "system_serial_number", "uuid", "system_uuid", "oem_strings",
            "system_manufacturer", "system_product_name", "system_version", "system_family", "system_sku_number", "chassis_asset_tag", "tdx", "sev_snp", "iommufd");
        platform.Done();
    }
}
