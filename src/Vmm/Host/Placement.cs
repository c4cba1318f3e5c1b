namespace Vmm.Host;

/// <summary>
/// Puts a file or folder that was made beside its place into it, in one step. File systems that know nothing but a plain rename (NFS,
/// 9p, most of FUSE) get it in steps that keep what it promises but one: where another folder is replaced, there is a moment at which neither is there.
/// </summary>
internal static class Placement
{
    /// <summary>What may be at the place before.</summary>
    public enum Over
    {
        /// <summary>Nothing. A folder may find an empty one on a file system that knows no better.</summary>
        Nothing,

        /// <summary>For a file, another one; for a folder, an empty one.</summary>
        Rename,

        /// <summary>Another of its kind, which is where this one was afterwards.</summary>
        Exchange,
    }

    /// <summary>Puts it there.</summary>
    /// <param name="made">Where it is.</param>
    /// <param name="target">Where it shall be; in the same file system.</param>
    /// <param name="over">What may be there.</param>
    /// <exception cref="HostException">It cannot be; EEXIST or ENOTEMPTY when something is there. Nothing was changed.</exception>
    public static void Place(string made, string target, Over over)
    {
        uint flags = over switch
        {
            Over.Nothing => Linux.RENAME_NOREPLACE,
            Over.Exchange => Linux.RENAME_EXCHANGE,
            _ => 0,
        };
        if (Linux.renameat2(Linux.AT_FDCWD, made, Linux.AT_FDCWD, target, flags) == 0)
            return;
        if (flags == 0 || Linux.LastError is not (Errno.EINVAL or Errno.ENOSYS or Errno.EOPNOTSUPP))
            throw HostException.Last("renameat2");
        PlaceBySteps(made, target, over);
    }

    /// <summary>As <see cref="Place"/>, by nothing but plain calls.</summary>
    public static void PlaceBySteps(string made, string target, Over over)
    {
        if (over == Over.Exchange)
            ExchangeBySteps(made, target);
        else if (over == Over.Nothing && !Directory.Exists(made))
            LinkBySteps(made, target);
        else
            Rename(made, target);
    }

    /// <summary>A link is never put over something.</summary>
    private static void LinkBySteps(string made, string target)
    {
        if (Linux.link(made, target) == 0)
        {
            // Whoever cannot remove the name that it was made under leaves it: the file itself is there.
            _ = Linux.unlink(made);
            return;
        }
        if (Linux.LastError is not (Errno.EPERM or Errno.ENOSYS or Errno.EOPNOTSUPP or Errno.EINVAL))
            throw HostException.Last("link");
        // No links either: looking first is the best that can be had.
        if (Path.Exists(target))
            throw new HostException("rename", Errno.EEXIST);
        Rename(made, target);
    }

    private static void ExchangeBySteps(string made, string target)
    {
        string aside = made + ".before";
        Rename(target, aside);
        try
        {
            Rename(made, target);
        }
        catch (HostException)
        {
            Rename(aside, target);
            throw;
        }
        Rename(aside, made);
    }

    private static void Rename(string from, string to)
    {
        if (Linux.rename(from, to) != 0)
            throw HostException.Last("rename");
    }
}
