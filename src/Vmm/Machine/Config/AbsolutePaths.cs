namespace Vmm.Machine.Config;

/// <summary>Makes a description mean the same from every folder.</summary>
internal static class AbsolutePaths
{
    /// <summary>The description with every path written from the root.</summary>
    public static MachineConfig Of(MachineConfig config) => config with
    {
        Kernel = Full(config.Kernel),
        Initrd = Full(config.Initrd),
        Module = [.. config.Module.Select(module => module with { Path = Full(module.Path)! })],
        Disk = [.. config.Disk.Select(disk => disk with { Path = Full(disk.Path)! })],
        Port = [.. config.Port.Select(port => port with { Socket = Full(port.Socket) })],
        Log = [.. config.Log.Select(log => log with { Path = Full(log.Path) })],
        Console = Full(config.Console),
        VirtioConsole = Full(config.VirtioConsole),
        Vsock = config.Vsock is { } vsock ? vsock with { Socket = Full(vsock.Socket)! } : null,
    };

    private static string? Full(string? path) => path is null ? null : Path.GetFullPath(path);

    private static ConsoleTarget? Full(ConsoleTarget? target) => target is { Path: string path } ? target with { Path = Full(path) } : target;
}
