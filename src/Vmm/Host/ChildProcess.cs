using System.Runtime.InteropServices;

namespace Vmm.Host;

/// <summary>
/// Another program that works for this process. It has a session of its own, so that what is typed at the terminal is not
/// for it; of descriptors it has those it is given, and of the environment nothing.
/// </summary>
internal sealed unsafe class ChildProcess
{
    private readonly Lock _reaping = new();
    private ChildExit? _exit;

    private ChildProcess(int id) => Id = id;

    /// <summary>Its number. No other process has it before <see cref="End"/>.</summary>
    public int Id { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="path">The file.</param>
    /// <param name="arguments">The first is the name by which it is called.</param>
    /// <param name="descriptors">What it finds as descriptors 0, 1, 2 …; they stay the caller's.</param>
    /// <exception cref="HostException">It could not be started.</exception>
    public static ChildProcess Start(string path, IReadOnlyList<string> arguments, params ReadOnlySpan<SafeFd> descriptors)
    {
        List<SafeFd> aside = [];
        List<nint> texts = [];
        Linux.SpawnOpaque actions, attributes, none, all;
        Check(Linux.posix_spawn_file_actions_init(&actions));
        Check(Linux.posix_spawnattr_init(&attributes));
        try
        {
            // First out of the way of each other: the number that one is to have may be another's now.
            foreach (SafeFd fd in descriptors)
                aside.Add(SafeFd.Own(Linux.fcntl(fd.Number, Linux.F_DUPFD_CLOEXEC, descriptors.Length), "fcntl F_DUPFD_CLOEXEC"));
            for (int i = 0; i < aside.Count; i++)
                Check(Linux.posix_spawn_file_actions_adddup2(&actions, aside[i].Number, i));
            // Signals as a shell leaves them: what this process ignores or blocks, a child would, too.
            Check(Linux.posix_spawnattr_setflags(&attributes, Linux.POSIX_SPAWN_SETSIGDEF | Linux.POSIX_SPAWN_SETSIGMASK | Linux.POSIX_SPAWN_SETSID));
            _ = Linux.sigemptyset(&none);
            _ = Linux.sigfillset(&all);
            Check(Linux.posix_spawnattr_setsigmask(&attributes, &none));
            Check(Linux.posix_spawnattr_setsigdefault(&attributes, &all));
            byte** list = stackalloc byte*[arguments.Count + 1];
            for (int i = 0; i < arguments.Count; i++)
                list[i] = Text(arguments[i]);
            list[arguments.Count] = null;
            byte* end = null;
            int id;
            Check(Linux.posix_spawn(&id, Text(path), &actions, &attributes, list, &end));
            return new(id);
        }
        finally
        {
            aside.ForEach(fd => fd.Dispose());
            texts.ForEach(Marshal.FreeCoTaskMem);
            _ = Linux.posix_spawn_file_actions_destroy(&actions);
            _ = Linux.posix_spawnattr_destroy(&attributes);
        }

        byte* Text(string text)
        {
            texts.Add(Marshal.StringToCoTaskMemUTF8(text));
            return (byte*)texts[^1];
        }

        void Check(Errno error)
        {
            if (error != Errno.None)
                throw new HostException($"start of {path}", error);
        }
    }

    /// <summary>Ends it and the programs that it has started, without waiting. Not after <see cref="End"/>: its number may be another's then.</summary>
    public void KillSession() => _ = Linux.kill(-Id, Linux.SIGKILL);

    /// <summary>Ends it, if it has not ended by itself, and waits until it has given back what it had. Any number of times.</summary>
    /// <returns>How it ended.</returns>
    public ChildExit End()
    {
        lock (_reaping)
        {
            if (_exit is ChildExit before)
                return before;
            // Its own end wins: a process that is ending already keeps its exit status.
            _ = Linux.kill(Id, Linux.SIGKILL);
            int status;
            while (Linux.waitpid(Id, &status, 0) < 0)
            {
                if (!Linux.Interrupted)
                    throw HostException.Last("waitpid");
            }
            _exit = new ChildExit(status);
            return _exit.Value;
        }
    }
}
