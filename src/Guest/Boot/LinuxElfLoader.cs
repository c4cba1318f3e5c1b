using Vmm.Guest.Memory;

namespace Vmm.Guest.Boot;

/// <summary>Starts a vmlinux at startup_64, without the bzImage's decompressor.</summary>
internal static class LinuxElfLoader
{
    /// <summary>Loads the kernel, the initrd and the zero page.</summary>
    public static BootPlan Load(ElfImage elf, BootRequest request, LoadMap map)
    {
        if (!elf.Is64)
            throw elf.Reader.Fault("ELF header: class 1 (32 bits) has neither a PVH note nor a Multiboot header, so there is no way to enter it");
        LinuxStart.RefuseModules(request);
        KernelCommandLine commandLine = KernelCommandLine.Parse(request.CommandLine, KernelCommandLine.LinuxLimit);
        ulong entry = elf.ResolveEntry("ELF header: e_entry");
        elf.Load(map, request.RamIsZero);

        var page = new ZeroPage(stackalloc byte[SetupHeader.ZeroPageSize]);
        page.MakeHeader();
        if (request.Initrd is { } initrd)
            page.SetInitrd(ModuleLoader.LoadInitrd(map, initrd, MemoryLayout.DeviceHoleStart), initrd.Length);
        return LinuxStart.Enter64(map, request, page, commandLine, entry);
    }
}
