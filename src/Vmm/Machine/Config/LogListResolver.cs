namespace Vmm.Machine.Config;

/// <summary>Checks the places where the log goes against each other and gives each its level.</summary>
internal static class LogListResolver
{
    /// <summary>A smaller file would be renamed every few lines.</summary>
    public static readonly ByteSize SmallestFile = new(64 << 10);

    /// <summary>The list with every gap filled in: standard error when nothing was asked for.</summary>
    /// <exception cref="MachineConfigException">One is wrong, or two collide.</exception>
    public static IReadOnlyList<LogConfig> Resolve(IReadOnlyList<LogConfig> logs, LogThreshold? level)
    {
        List<LogConfig> resolved = [];
        for (int i = 0; i < logs.Count; i++)
        {
            Check(logs, i);
            resolved.Add(WithLevel(logs[i], level));
        }
        return resolved.Count > 0 ? resolved : [WithLevel(new(), level)];
    }

    /// <summary>Whether two entries mean one place.</summary>
    public static bool AreSame(LogConfig one, LogConfig other) =>
        one.Target == other.Target && (one.Target != LogTarget.File || PathRules.AreSame(one.Path ?? "", other.Path ?? ""));

    private static LogConfig WithLevel(LogConfig log, LogThreshold? level) =>
        log with { Level = log.Level ?? level ?? (log.Target == LogTarget.Stderr ? null : LogThreshold.Info) };

    private static void Check(IReadOnlyList<LogConfig> logs, int index)
    {
        LogConfig log = logs[index];
        string field = $"log[{index}]";
        if (log.Target == LogTarget.File)
            PathRules.Check(field + ".path", log.Path ?? "");
        else if (log.Target == LogTarget.Journal && log.Path is not null)
            PathRules.Check(field + ".path", log.Path);
        else if (log.Path is not null)
            throw new MachineConfigException(field + ".path", $"a path has a meaning only for a file or the journal, not for {Word.Of(log.Target)}");
        if (log.Format == LogFormat.Json && log.Target is LogTarget.Journal or LogTarget.Off)
            throw new MachineConfigException(field + ".format", $"has a meaning only for a file or stderr, not for {Word.Of(log.Target)}");
        if (log.Size is ByteSize size)
            CheckSize(log, field + ".size", size);
        if (log.Target == LogTarget.Off && logs.Count > 1)
            throw new MachineConfigException(field, "off stands alone; leave it out, or the others");
        for (int i = 0; i < index; i++)
        {
            if (AreSame(logs[i], log))
                throw new MachineConfigException(field, $"{Word.Of(log.Target)}{(log.Path is null ? "" : $" '{Printable.Escape(log.Path)}'")} is given twice");
        }
    }

    private static void CheckSize(LogConfig log, string field, ByteSize size)
    {
        if (log.Target != LogTarget.File)
            throw new MachineConfigException(field, $"a size has a meaning only for a file, not for {Word.Of(log.Target)}");
        if (size.Bytes < SmallestFile.Bytes)
            throw new MachineConfigException(field, $"{size} is too little for a log: at least {SmallestFile}");
    }
}
