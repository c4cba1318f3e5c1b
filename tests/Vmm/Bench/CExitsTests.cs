using Vmm.Bench.Exits;
using Vmm.Host;
using Xunit;

namespace Vmm.Tests.Vmm.Bench;

/// <summary>The C program that exits are measured against.</summary>
public sealed class CExitsTests : IDisposable
{
    private const int SIGTERM = 15;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("vmm-compiler-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Build_that_a_signal_gives_up_leaves_no_compiler_and_no_folder()
    {
        // A compiler that works on in a child of its own, and says who it is and where.
        string started = Path.Combine(_folder.FullName, "started");
        string compiler = Path.Combine(_folder.FullName, "gcc");
        File.WriteAllText(compiler, $"#!/bin/sh\nfor last; do :; done\necho $$ $last >{started}.new\nmv {started}.new {started}\n/bin/sleep 1000\n".Replace("mv ", "/bin/mv ", StringComparison.Ordinal));
        File.SetUnixFileMode(compiler, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Exception? end = null;
        Thread building = new(() => end = Record.Exception(() => new CExits(compiler, new HostPlacement(0, 0, 1), TimeSpan.FromMinutes(1)).Dispose()));
        building.Start();
        Assert.True(SpinWait.SpinUntil(() => File.Exists(started), TimeSpan.FromMinutes(1)));
        string[] words = File.ReadAllText(started).Split([' ', '\n']);
        Assert.True(Directory.Exists(Path.GetDirectoryName(words[1])));
        Assert.Equal(0, Linux.kill(Environment.ProcessId, SIGTERM));
        building.Join();
        VmmException refused = Assert.IsType<VmmException>(end);
        Assert.Equal(ExitCodes.Signalled(SIGTERM), refused.ExitCode);
        Assert.False(Directory.Exists(Path.GetDirectoryName(words[1])));
        Assert.False(Directory.Exists($"/proc/{words[0]}"));
    }
}
