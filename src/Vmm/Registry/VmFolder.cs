using System.Text.Json;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Registry;

/// <summary>
/// One VM's folder: its description, what is known of its life, its control socket and its logs. Whether it runs is told
/// by a lock that its process holds: the kernel takes that back however the process ends.
/// </summary>
/// <param name="home">Where it lies.</param>
/// <param name="name">The VM's and the folder's name.</param>
internal sealed class VmFolder(VmHome home, string name)
{
    private const uint OwnerOnly = 0b110_000_000;
    private const int LookEveryMilliseconds = 5;

    /// <summary>Giving much memory back takes the kernel a while.</summary>
    private const int EndingMilliseconds = 10_000;

    /// <summary>Whoever is told only that a connection ended, waits less: its VM may live.</summary>
    private const int HangUpMilliseconds = 2000;

    /// <summary>Where it lies.</summary>
    public VmHome Home { get; } = home;

    /// <summary>The VM's name.</summary>
    public string Name { get; } = name;

    /// <summary>The folder.</summary>
    public string Path { get; } = System.IO.Path.Combine(home.Path, name);

    /// <summary>The description, in the form of <c>vmm run machine.json</c>.</summary>
    public string ConfigFile => In("machine.json");

    /// <summary>Where the running VM is steered.</summary>
    public string ControlSocket => In("control.sock");

    /// <summary>What the guest printed.</summary>
    public string ConsoleLog => In("console.log");

    /// <summary>What vmm itself said.</summary>
    public string VmmLog => In("vmm.log");

    /// <summary>Whether there is such a VM, be it one that somebody took a file from. Other folders are none of ours.</summary>
    public bool Exists => File.Exists(LockFile) && (File.Exists(ConfigFile) || File.Exists(RecordFile));

    /// <summary>Whether there is a folder into which this user may not look.</summary>
    public bool IsClosed
    {
        get
        {
            try
            {
                _ = Directory.GetFiles(Path);
                return false;
            }
            catch (UnauthorizedAccessException)
            {
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }
    }

    /// <summary>Whether its process lives.</summary>
    public unsafe bool IsAlive
    {
        get
        {
            int fd = Linux.open(LockFile, Linux.O_RDWR | Linux.O_CLOEXEC, 0);
            if (fd < 0)
                return false;
            using SafeFd file = new(fd);
            Linux.flock whole = new() { l_type = Linux.F_WRLCK };
            return Linux.fcntl(fd, Linux.F_OFD_GETLK, (nint)(&whole)) == 0 && whole.l_type != Linux.F_UNLCK;
        }
    }

    private string LockFile => In("lock");

    private string RecordFile => In("state.json");

    /// <summary>Takes the VM for the caller, or null when somebody has it (its own process, or one that is changing it) or it is gone.</summary>
    public unsafe SafeFd? TryLock()
    {
        int fd = Linux.open(LockFile, Linux.O_RDWR | Linux.O_CREAT | Linux.O_CLOEXEC, OwnerOnly);
        if (fd < 0)
            return Linux.LastError == Errno.ENOENT ? null : throw HostException.Last($"open of '{LockFile}'");
        SafeFd file = new(fd);
        Linux.flock whole = new() { l_type = Linux.F_WRLCK };
        // Between open and lock the folder may have gone, and another VM's have come under its name.
        if (Linux.fcntl(fd, Linux.F_OFD_SETLK, (nint)(&whole)) == 0 && IsLockFile(file))
            return file;
        file.Dispose();
        return null;
    }

    /// <summary>Takes a VM that does not run.</summary>
    /// <param name="toDo">What for, such as <c>start</c>.</param>
    /// <exception cref="VmmException">It runs.</exception>
    public LockedVm Take(string toDo)
    {
        SafeFd? held = TryLock();
        if (held is not null && Exists)
            return new LockedVm(this, held);
        held?.Dispose();
        throw Exists
            ? new VmmException($"cannot {toDo} '{Name}': it is running; stop it first (vmm stop {Name})")
            : new VmmException($"there is no VM '{Name}' any more");
    }

    /// <summary>Waits until a process that said that it ends is gone, and has given back what it had; not for ever.</summary>
    public void AwaitEnd() => Await(() => IsAlive, EndingMilliseconds);

    /// <summary>Waits a little for the end of a process that has hung up: it may have ended, or not.</summary>
    public void AwaitEndAfterHangUp() => Await(() => IsAlive, HangUpMilliseconds);

    /// <summary>Takes a VM that does not run, or is just ending.</summary>
    /// <param name="toDo">What for, such as <c>start</c>.</param>
    /// <exception cref="VmmException">It runs.</exception>
    public LockedVm TakeSoon(string toDo)
    {
        // Its process says that it is about to end, and then still has a few things to give back.
        Await(() => Exists && ReadRecord().EndedAt is not null && IsAlive, EndingMilliseconds);
        return Take(toDo);
    }

    /// <summary>The description.</summary>
    /// <exception cref="VmmException">It cannot be read.</exception>
    public MachineConfig ReadConfig() => MachineConfigFile.Read(ConfigFile).Config;

    /// <summary>Replaces the description.</summary>
    public void WriteConfig(MachineConfig config) => Replace(ConfigFile, MachineConfigFile.Write(config));

    /// <summary>What is known of its life. A file that cannot be read tells nothing.</summary>
    public VmRecord ReadRecord()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(RecordFile), RegistryJson.Default.VmRecord) ?? new();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            return new();
        }
    }

    /// <summary>Replaces what is known of its life.</summary>
    public void WriteRecord(VmRecord record) => Replace(RecordFile, JsonSerializer.Serialize(record, RegistryJson.Default.VmRecord));

    /// <summary>
    /// Removes the folder of a VM that was to leave nothing, or whose guest never arrived, and whose process was killed before it
    /// could see to that. A guest that never arrived is its source's: started from here it would run twice.
    /// </summary>
    /// <returns>Whether it is gone.</returns>
    public bool RemoveIfLeftBehind()
    {
        if (!Exists || IsAlive || ReadRecord() is { RemoveAtEnd: false, Arriving: false })
            return false;
        using SafeFd? held = TryLock();
        if (held is null)
            return false;
        new LockedVm(this, held).Remove();
        return true;
    }

    /// <summary>Like <see cref="WriteRecord"/>, at the end of a run: a full disk loses the record, and changes nothing else.</summary>
    public void TryWriteRecord(VmRecord record)
    {
        try
        {
            WriteRecord(record);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The list will call it killed.
        }
    }

    /// <summary>Deletes a folder, as far as that is possible.</summary>
    public static void Delete(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // Gone already, or not ours. A hidden folder is looked at again by the next list.
        }
    }

    private static void Await(Func<bool> lasts, int milliseconds)
    {
        long start = Environment.TickCount64;
        while (lasts() && Environment.TickCount64 - start < milliseconds)
            Thread.Sleep(LookEveryMilliseconds);
    }

    private unsafe bool IsLockFile(SafeFd file)
    {
        Linux.statx_data held = default;
        Linux.statx_data there = default;
        return Linux.statx(file.Number, "", Linux.AT_EMPTY_PATH, Linux.STATX_BASIC_STATS, &held) == 0
            && Linux.statx(Linux.AT_FDCWD, LockFile, 0, Linux.STATX_BASIC_STATS, &there) == 0
            && held.stx_ino == there.stx_ino;
    }

    private static void Replace(string path, string text)
    {
        string making = path + ".new";
        try
        {
            File.WriteAllText(making, text);
            File.Move(making, path, overwrite: true);
        }
        catch (ArgumentOutOfRangeException tooLarge)
        {
            // How the runtime tells EFBIG: the user's limit on the size of files (ulimit -f).
            throw new IOException($"'{making}' would be larger than the limit on files allows (ulimit -f)", tooLarge);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"'{making}' cannot be written: {FileFault.Why(refused, making)}", refused);
        }
    }

    private string In(string file) => System.IO.Path.Combine(Path, file);
}
