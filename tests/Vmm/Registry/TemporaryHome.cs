using Vmm.Machine.Config;
using Vmm.Registry;

namespace Vmm.Tests.Vmm.Registry;

/// <summary>A home for VMs that goes away with the test.</summary>
internal sealed class TemporaryHome : IDisposable
{
    public VmHome Home { get; } = new(Directory.CreateTempSubdirectory("vmm-home-").FullName);

    public static MachineConfig Machine(string name) => MachineConfigResolver.Resolve(new MachineConfig { Name = name });

    /// <summary>The names that a list would show.</summary>
    public string[] Names => [.. Home.All().Select(folder => folder.Name)];

    /// <summary>Everything that lies in the home.</summary>
    public string[] Content => [.. Directory.EnumerateFileSystemEntries(Home.Path).Select(path => Path.GetFileName(path)!).Order(StringComparer.Ordinal)];

    public string PathOf(params string[] parts) => Path.Combine([Home.Path, .. parts]);

    public LockedVm Define(string name, VmRecord? record = null) => Home.Define(Machine(name), record ?? new VmRecord());

    /// <summary>A VM that nobody holds: it was created, or its process is gone.</summary>
    public VmFolder Resting(string name, VmRecord? record = null)
    {
        VmFolder folder;
        using (LockedVm vm = Define(name, record))
            folder = vm.Folder;
        // A child that another test is just starting has a copy of the lock until it runs its program.
        folder.AwaitEnd();
        return folder;
    }

    public void Dispose() => Directory.Delete(Home.Path, recursive: true);
}
