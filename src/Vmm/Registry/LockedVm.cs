using Vmm.Host;

namespace Vmm.Registry;

/// <summary>A VM's folder together with its lock. While it is held, nobody else starts, renames or removes the VM.</summary>
/// <param name="folder">The folder.</param>
/// <param name="held">The lock, which a child may inherit: it ends with the last copy of the descriptor.</param>
internal sealed class LockedVm(VmFolder folder, SafeFd held) : IDisposable
{
    /// <summary>The folder.</summary>
    public VmFolder Folder { get; private set; } = folder;

    /// <summary>The descriptor that holds the lock.</summary>
    public SafeFd Lock { get; } = held;

    /// <summary>Gives the VM another name.</summary>
    /// <exception cref="VmmException">The name is taken, or no name.</exception>
    public void Rename(string name)
    {
        VmFolder target = Folder.Home.Folder(name);
        if (target.Name == Folder.Name)
            return;
        target.RemoveIfLeftBehind();
        if (Linux.rename(Folder.Path, target.Path) != 0)
        {
            Errno errno = Linux.LastError;
            throw errno is Errno.EEXIST or Errno.ENOTEMPTY
                ? new VmmException($"there is a VM '{name}' already")
                : new VmmException($"cannot rename '{Folder.Name}': {new HostException("rename", errno).Message}");
        }
        VmFolder before = Folder;
        Folder = target;
        try
        {
            Folder.WriteConfig(Folder.ReadConfig() with { Name = name });
        }
        catch (Exception refused)
        {
            // Under its old name it is whole.
            if (Linux.rename(target.Path, before.Path) == 0)
                Folder = before;
            if (refused is IOException)
                throw new VmmException($"cannot rename '{before.Name}': {refused.Message}", cause: refused);
            throw;
        }
    }

    /// <summary>Removes the folder with all that is in it.</summary>
    public void Remove()
    {
        // Out of the list at once, whatever happens on the way.
        string leaving = Folder.Home.HiddenPath(Folder.Name);
        VmFolder.Delete(Linux.rename(Folder.Path, leaving) == 0 ? leaving : Folder.Path);
    }

    /// <inheritdoc/>
    public void Dispose() => Lock.Dispose();
}
