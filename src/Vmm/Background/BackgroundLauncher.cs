using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vmm.Host;
using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Background;

/// <summary>
/// Starts a VM's own process and waits until its guest runs, or cannot. The process inherits the VM's lock, so there is
/// no moment in which nobody holds it.
/// </summary>
internal static class BackgroundLauncher
{
    /// <summary>The verb by which the process is told what it is. Not for users.</summary>
    public const string Verb = "run-in-background";

    /// <summary>What the process says when the guest runs.</summary>
    public const string Ready = "ready";

    private const int MostOfALog = 2000;

    /// <summary>Makes a VM and starts it. What cannot be started is not left behind.</summary>
    /// <param name="config">Resolved.</param>
    /// <param name="record">How it is to be started, and what is to become of it.</param>
    /// <returns>Its name.</returns>
    /// <exception cref="VmmException">It could not be made or started; says why.</exception>
    public static string Run(MachineConfig config, VmRecord record)
    {
        using LockedVm vm = VmNames.Define(VmHome.Find(), AbsolutePaths.Of(config), record with { CreatedAt = DateTimeOffset.UtcNow });
        try
        {
            Start(vm);
            return vm.Folder.Name;
        }
        catch
        {
            vm.Remove();
            throw;
        }
    }

    /// <summary>Starts a VM that there is.</summary>
    /// <param name="vm">The VM, locked; the caller still disposes of it.</param>
    /// <exception cref="VmmException">It could not be started; says why.</exception>
    public static unsafe void Start(LockedVm vm)
    {
        int* ends = stackalloc int[2];
        if (Linux.pipe2(ends, Linux.O_CLOEXEC) < 0)
            throw HostException.Last("pipe2");
        using SafeFd report = new(ends[0]);
        VmRecord before = vm.Folder.ReadRecord();
        Process process;
        using (SafeFd reporting = new(ends[1]))
        {
            Inherit(reporting);
            Inherit(vm.Lock);
            ProcessStartInfo what = new(Environment.ProcessPath ?? "/proc/self/exe")
            {
                // Its own from the first moment: it puts its log and /dev/null there.
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            foreach (string argument in new[] { Verb, vm.Folder.Name, Text(vm.Lock.Number), Text(reporting.Number) })
                what.ArgumentList.Add(argument);
            what.Environment[VmHome.Variable] = vm.Folder.Home.Path;
            try
            {
                process = Process.Start(what)!;
            }
            catch (System.ComponentModel.Win32Exception refused)
            {
                throw new VmmException($"cannot start a process for '{vm.Folder.Name}': {Explain(FileFault.Of(refused))}", cause: refused);
            }
        }
        using (process)
        {
            using GivenUp signals = new(process);
            string said = ReadAll(report);
            if (signals.Received != 0)
                throw signals.Refusal(vm.Folder, before);
            if (said.StartsWith(Ready, StringComparison.Ordinal))
                return;
            throw Refusal(vm.Folder, said, process);
        }
    }

    private static string Explain(Errno errno) => errno switch
    {
        Errno.EMFILE or Errno.ENFILE => $"no file descriptor is left ({errno}); raise the limit (ulimit -n)",
        Errno.EAGAIN => $"there are too many processes ({errno}); stop something, or raise the limit (ulimit -u)",
        Errno.ENOMEM => $"the host has no memory left ({errno}); stop something",
        _ => new HostException("fork and exec", errno).Message,
    };

    private static VmmException Refusal(VmFolder folder, string said, Process process)
    {
        int space = said.IndexOf(' ', StringComparison.Ordinal);
        if (space > 0 && int.TryParse(said.AsSpan(0, space), CultureInfo.InvariantCulture, out int code))
            return new VmmException(said[(space + 1)..].TrimEnd(), code);
        process.WaitForExit();
        if (process.ExitCode == ExitCodes.Signalled(Linux.SIGKILL))
            return new VmmException($"the process of '{folder.Name}' ({process.Id}) was killed (SIGKILL) before its guest ran{MemoryHint(folder)}");
        string log = "";
        try
        {
            log = File.ReadAllText(folder.VmmLog).Trim();
        }
        catch (IOException)
        {
        }
        string tail = log.Length > MostOfALog ? log[^MostOfALog..] : log;
        return new VmmException($"the process of '{folder.Name}' ({process.Id}) ended before its guest ran{(tail.Length > 0 ? ": " + tail : "")}", ExitCodes.Internal);
    }

    /// <summary>The kernel does so, too, to who needs more memory than is there.</summary>
    private static string MemoryHint(VmFolder folder)
    {
        MachineConfig config = folder.ReadConfig();
        return config.MemoryMax is { } most
            ? $": by the kernel, perhaps, for its limit of {most} (--memory-max) has to hold the guest's {config.Memory.Size} and some MiB of vmm's own"
            : ": by somebody, or by the kernel because the host has no memory left ('dmesg' tells)";
    }

    /// <summary>Lets the next child have it.</summary>
    private static void Inherit(SafeFd fd)
    {
        if (Linux.fcntl(fd.Number, Linux.F_SETFD, 0) < 0)
            throw HostException.Last("fcntl F_SETFD");
    }

    private static unsafe string ReadAll(SafeFd fd)
    {
        byte[] buffer = new byte[8192];
        int length = 0;
        fixed (byte* start = buffer)
        {
            while (length < buffer.Length)
            {
                nint got = Linux.read(fd.Number, start + length, (nuint)(buffer.Length - length));
                if (got > 0)
                    length += (int)got;
                else if (got == 0 || !Linux.Interrupted)
                    break;
            }
        }
        return Encoding.UTF8.GetString(buffer, 0, length);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
