using System.Diagnostics;
using Xunit;

namespace Vmm.Tests.Vmm.Storage;

/// <summary>A file system that is soon full: a small tmpfs, where this machine lets one be mounted.</summary>
internal sealed class TinyMount : IDisposable
{
    private TinyMount(string root) => Root = root;

    public string Root { get; }

    public static TinyMount CreateOrSkip(int kilobytes)
    {
        string root = Directory.CreateTempSubdirectory("vmm-tiny-").FullName;
        if (Run("mount", "-t", "tmpfs", "-o", $"size={kilobytes}k", "vmm-tiny", root) == 0)
            return new TinyMount(root);
        Directory.Delete(root);
        Assert.Skip("mounting a small tmpfs needs root");
        throw new UnreachableException();
    }

    public void Dispose()
    {
        // Lazily: a process that another test starts holds copies of all descriptors until it is what it shall be.
        Assert.Equal(0, Run("umount", "--lazy", Root));
        Directory.Delete(Root);
    }

    private static int Run(string command, params string[] arguments)
    {
        ProcessStartInfo start = new(command, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
