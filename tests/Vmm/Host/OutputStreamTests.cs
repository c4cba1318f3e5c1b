using System.IO.Pipes;
using Vmm.Host;
using Vmm.Tests.Vmm.Cli;
using Xunit;

namespace Vmm.Tests.Vmm.Host;

public class OutputStreamTests
{
    [Theory]
    [InlineData("vmm 0.", "version")]
    [InlineData("--downtime", "migrate", "--help")]
    [InlineData("unknown command", "nonsense")]
    public void What_a_command_prints_at_a_terminal_is_all_that_the_terminal_gets(string expected, params string[] arguments)
    {
        using VmmProcess command = new(arguments);
        command.WaitForExit();
        command.Await(expected);
        Assert.DoesNotContain('\e', command.Screen);
    }

    [Fact]
    public void More_than_a_pipe_takes_at_once_is_written_whole()
    {
        using AnonymousPipeServerStream reader = new(PipeDirection.In);
        byte[] content = new byte[1 << 20];
        new Random(1).NextBytes(content);
        Thread writing = new(() =>
        {
            using (reader.ClientSafePipeHandle)
                new OutputStream((int)reader.ClientSafePipeHandle.DangerousGetHandle()).Write(content);
        });
        writing.Start();
        using MemoryStream read = new();
        reader.CopyTo(read);
        writing.Join();
        Assert.Equal(content, read.ToArray());
    }

    [Fact]
    public void What_nobody_reads_any_more_is_dropped()
    {
        AnonymousPipeServerStream reader = new(PipeDirection.In);
        using Microsoft.Win32.SafeHandles.SafePipeHandle writer = reader.ClientSafePipeHandle;
        using OutputStream output = new((int)writer.DangerousGetHandle());
        output.Write("read"u8);
        reader.Dispose();
        Assert.Null(Record.Exception(() => output.Write("dropped"u8)));
    }

    [Fact]
    public void Full_disk_is_told_by_the_kernels_number()
    {
        using FileStream full = new("/dev/full", FileMode.Open, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        using OutputStream output = new((int)full.SafeFileHandle.DangerousGetHandle());
        IOException refused = Assert.Throws<IOException>(() => output.Write("x"u8));
        Assert.Equal(Errno.ENOSPC, FileFault.Of(refused));
        Assert.Equal("No space left on device", refused.Message);
    }
}
