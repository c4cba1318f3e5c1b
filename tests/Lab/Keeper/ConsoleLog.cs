using System.Diagnostics;
using System.Text;
using Vmm.Lab.Cache;

namespace Vmm.Lab.Keeper;

/// <summary>Copies what L1's console and QEMU itself print into a file, and sees when L1 is ready.</summary>
internal sealed class ConsoleLog : IDisposable
{
    private readonly FileStream _file = new(LabPaths.ConsoleLog, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);
    private readonly TaskCompletionSource<bool> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _copying;

    public ConsoleLog(Process qemu, string readyLine)
    {
        var output = CopyAsync(qemu.StandardOutput.BaseStream, readyLine);
        var error = CopyAsync(qemu.StandardError.BaseStream, readyLine: null);
        _copying = Task.WhenAll(output, error);
    }

    /// <summary>True when L1 is ready, false when QEMU ended before.</summary>
    public Task<bool> Ready => _ready.Task;

    public void Dispose()
    {
        _copying.Wait();
        _file.Dispose();
    }

    private async Task CopyAsync(Stream from, string? readyLine)
    {
        var buffer = new byte[4096];
        var line = new StringBuilder();
        for (int n; (n = await from.ReadAsync(buffer)) > 0;)
        {
            lock (_file)
            {
                _file.Write(buffer.AsSpan(0, n));
                _file.Flush();
            }
            if (readyLine is null || _ready.Task.IsCompleted)
                continue;
            line.Append(Encoding.ASCII.GetString(buffer, 0, n));
            if (line.ToString().Contains(readyLine, StringComparison.Ordinal))
                _ready.TrySetResult(true);
        }
        if (readyLine is not null)
            _ready.TrySetResult(false);
    }
}
