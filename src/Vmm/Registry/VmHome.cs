using System.Globalization;
using Vmm.Control;
using Vmm.Host;
using Vmm.Machine.Config;

namespace Vmm.Registry;

/// <summary>
/// The folder that holds a folder for each VM of this user: what there is, is what lies there. No service keeps a list that
/// could be wrong after a crash.
/// </summary>
internal sealed class VmHome
{
    /// <summary>Names another folder.</summary>
    public const string Variable = "VMM_HOME";

    private const string Events = "events.jsonl";
    private const string RuntimeVariable = "XDG_RUNTIME_DIR";
    private const string SystemFolder = "/run";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>How a folder begins that is not yet, or no longer, a VM's. Nothing else in the home is ever touched: it may be a folder of the user's.</summary>
    private const string Hidden = ".vmm-";

    /// <summary>How many numbers such a name ends with.</summary>
    private const int HiddenNumbers = 3;

    /// <summary>Making a folder takes milliseconds; what is unfinished after this long will stay so.</summary>
    private static readonly TimeSpan s_unfinishedFor = TimeSpan.FromMinutes(1);

    private static long s_hidden;

    /// <summary>Uses a folder, which is made when the first VM is.</summary>
    public VmHome(string path) => Path = path;

    /// <summary>The folder.</summary>
    public string Path { get; }

    /// <summary>The file that every VM adds its events to.</summary>
    public string EventsFile => System.IO.Path.Combine(Path, Events);

    /// <summary>The user's own: <c>VMM_HOME</c>, or <c>vmm</c> in XDG_RUNTIME_DIR, or /run/vmm for root.</summary>
    /// <exception cref="VmmException">There is no place for it.</exception>
    public static VmHome Find() => TryFind()
        ?? throw new VmmException($"no folder for VMs: {RuntimeVariable} is not set, and only root has {SystemFolder}/vmm; set {Variable} to a folder of yours");

    /// <summary>Like <see cref="Find"/>; null where there is no place.</summary>
    public static VmHome? TryFind()
    {
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } chosen)
            return new(System.IO.Path.GetFullPath(chosen));
        if (Environment.GetEnvironmentVariable(RuntimeVariable) is { Length: > 0 } runtime && System.IO.Path.IsPathRooted(runtime))
            return new(System.IO.Path.Combine(runtime, "vmm"));
        return Linux.geteuid() == 0 ? new(System.IO.Path.Combine(SystemFolder, "vmm")) : null;
    }

    /// <summary>The folder of a VM of that name, which may not exist.</summary>
    /// <exception cref="VmmException">It is no name.</exception>
    public VmFolder Folder(string name)
    {
        try
        {
            NameRules.Check("name", name, NameRules.LongestMachineName);
        }
        catch (MachineConfigException wrong)
        {
            throw new VmmException($"name: {wrong.Reason}", ExitCodes.Usage);
        }
        if (name is Events or Events + EventFile.FullSuffix)
            throw new VmmException($"name: '{name}' is what {Variable} keeps its events in; choose another name", ExitCodes.Usage);
        return new(this, name);
    }

    /// <summary>The folder of a VM that exists.</summary>
    /// <exception cref="VmmException">There is none of that name, or it is another user's.</exception>
    public VmFolder Existing(string name)
    {
        VmFolder folder = Folder(name);
        if (folder.Exists && !folder.RemoveIfLeftBehind())
            return folder;
        if (folder.IsClosed)
            throw new VmmException($"'{Printable.Escape(folder.Path)}' is not for this user to look into: a VM there is its owner's, or root's, to steer");
        throw new VmmException($"there is no VM '{name}'{Suggestion.For(name, All().Select(other => other.Name))} ('vmm list' shows those there are)");
    }

    /// <summary>All VMs, by name. Folders that a process left behind which was killed are cleared away first.</summary>
    public IReadOnlyList<VmFolder> All()
    {
        if (!Directory.Exists(Path))
            return File.Exists(Path) ? throw new VmmException($"'{Printable.Escape(Path)}' is no folder, where VMs are looked for: set {Variable} to one") : [];
        List<VmFolder> found = [];
        foreach (string path in Folders())
        {
            VmFolder folder = new(this, System.IO.Path.GetFileName(path));
            if (IsHidden(folder.Name))
            {
                if (DateTime.UtcNow - Directory.GetLastWriteTimeUtc(path) > s_unfinishedFor)
                    VmFolder.Delete(path);
            }
            else if (folder.Exists && !folder.RemoveIfLeftBehind())
            {
                found.Add(folder);
            }
        }
        found.Sort((one, other) => string.CompareOrdinal(one.Name, other.Name));
        return found;
    }

    /// <summary>Makes a VM's folder, at once with everything in it.</summary>
    /// <param name="config">Resolved; its name becomes the folder's.</param>
    /// <param name="record">What is known of its life so far.</param>
    /// <returns>The folder, with its lock: until that is disposed nobody else can start, rename or remove the VM.</returns>
    /// <exception cref="VmmException">The name is taken, or the folder cannot be made.</exception>
    public LockedVm Define(MachineConfig config, VmRecord record) => TryDefine(config, record)
        ?? throw new VmmException($"there is a VM '{config.Name}' already: choose another --name, or remove it (vmm rm {config.Name})");

    /// <summary>Like <see cref="Define"/>; null when the name is taken.</summary>
    public LockedVm? TryDefine(MachineConfig config, VmRecord record)
    {
        VmFolder folder = Folder(config.Name);
        string making = HiddenPath(config.Name);
        SafeFd? held = null;
        try
        {
            Directory.CreateDirectory(Path, OwnerOnly);
            Directory.CreateDirectory(making, OwnerOnly);
            VmFolder unfinished = new(this, System.IO.Path.GetFileName(making));
            held = unfinished.TryLock() ?? throw new VmmException($"cannot lock '{making}'");
            unfinished.WriteConfig(config);
            unfinished.WriteRecord(record);
            // Something of that name that only a killed process left behind does not count.
            folder.RemoveIfLeftBehind();
            if (Linux.rename(making, folder.Path) == 0)
                return new LockedVm(folder, held);
            if (Linux.LastError is not (Errno.EEXIST or Errno.ENOTEMPTY))
                throw HostException.Last($"rename to '{folder.Path}'");
            held.Dispose();
            VmFolder.Delete(making);
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException or HostException or VmmException)
        {
            held?.Dispose();
            VmFolder.Delete(making);
            throw refused is VmmException ? refused
                : new VmmException($"cannot make a folder for the VM in '{Path}': {Why(refused)}; {Variable} names another place", cause: refused);
        }
    }

    private static string Why(Exception refused) => refused switch
    {
        FileNotFoundException or DirectoryNotFoundException => "no folder can be made there",
        UnauthorizedAccessException or IOException { InnerException: null } => FileFault.Why(refused, path: ""),
        _ => refused.Message,
    };

    /// <summary>A place in the home that no list shows, and nobody else is given.</summary>
    public string HiddenPath(string name) =>
        System.IO.Path.Combine(Path, $"{Hidden}{name}-{Environment.ProcessId}-{Environment.TickCount64}-{Interlocked.Increment(ref s_hidden)}");

    private string[] Folders()
    {
        try
        {
            return Directory.GetDirectories(Path);
        }
        catch (UnauthorizedAccessException)
        {
            throw new VmmException($"'{Printable.Escape(Path)}', where VMs are looked for, is not for this user to look into: set {Variable} to a folder of your own");
        }
    }

    /// <summary>Whether a folder's name is one of <see cref="HiddenPath"/>: a folder of the user's may begin like it.</summary>
    private static bool IsHidden(string name)
    {
        string[] parts = name.Split('-');
        return name.StartsWith(Hidden, StringComparison.Ordinal) && parts.Length > HiddenNumbers + 1
            && parts[^HiddenNumbers..].All(part => long.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }
}
