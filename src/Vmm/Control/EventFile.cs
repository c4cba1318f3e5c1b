using System.Text.Json;
using Vmm.Host;

namespace Vmm.Control;

/// <summary>
/// Adds events to a file that all VMs of a user share, a line of JSON each. One write a line, at the end of the file: lines
/// of several processes do not mix. The file is bounded.
/// </summary>
/// <param name="path">Made with the first event.</param>
internal sealed unsafe class EventFile(string path)
{
    /// <summary>What a full file's name is lengthened by.</summary>
    public const string FullSuffix = ".1";

    /// <summary>Beyond this the file becomes <c>events.jsonl.1</c>.</summary>
    private const long LargestFile = 1 << 20;

    private const uint OwnerOnly = 0b110_000_000;

    /// <summary>Adds an event. A file that cannot be written loses it: events never hold up a VM.</summary>
    public void Add(MachineEvent what)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(what, EventJson.Default.MachineEvent), (byte)'\n'];
        // Opened anew each time: another process may have begun a new file.
        int fd = Linux.open(path, Linux.O_WRONLY | Linux.O_CREAT | Linux.O_APPEND | Linux.O_CLOEXEC | Linux.O_NOFOLLOW, OwnerOnly);
        if (fd < 0)
            return;
        using SafeFd file = new(fd);
        fixed (byte* start = line)
            _ = Linux.write(fd, start, (nuint)line.Length);
        if (Linux.lseek(fd, 0, Linux.SEEK_END) > LargestFile)
            _ = Linux.rename(path, path + FullSuffix);
    }
}
