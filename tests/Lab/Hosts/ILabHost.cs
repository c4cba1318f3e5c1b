using Vmm.Lab.Channel;

namespace Vmm.Lab.Hosts;

/// <summary>A place where a stock kernel can run: this host, or L1. Commands see the same paths in both.</summary>
public interface ILabHost
{
    /// <summary>"native" or "qemu".</summary>
    string Kind { get; }

    /// <summary>The folder both sides can write, under the same path.</summary>
    string WorkFolder { get; }

    /// <summary>Starts a command.</summary>
    Task<LabSession> StartAsync(LabCommand command);

    /// <summary>Runs a command to its end, feeding it <paramref name="input"/>; ends it when the time is over.</summary>
    async Task<LabResult> RunAsync(LabCommand command, ReadOnlyMemory<byte> input = default, TimeSpan? timeout = null)
    {
        await using var session = await StartAsync(command);
        var writing = WriteAllAsync(session, input);
        var result = await session.WaitAsync(timeout);
        await writing;
        return result;
    }

    /// <summary>Runs a line of shell to its end.</summary>
    Task<LabResult> RunAsync(string line, TimeSpan? timeout = null) => RunAsync(LabCommand.Shell(line), default, timeout);

    private static async Task WriteAllAsync(LabSession session, ReadOnlyMemory<byte> input)
    {
        await session.WriteAsync(input);
        await session.EndInputAsync();
    }
}
