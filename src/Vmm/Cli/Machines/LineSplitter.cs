using Vmm.Host;

namespace Vmm.Cli.Machines;

/// <summary>A stream that hands on what is written to it line by line; the last piece waits for its line feed.</summary>
/// <param name="onLine">Gets each line, without its line feed.</param>
internal sealed class LineSplitter(Action<byte[]> onLine) : WriteOnlyStream
{
    private readonly List<byte> _line = [];

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        foreach (byte next in buffer)
        {
            if (next != (byte)'\n')
            {
                _line.Add(next);
                continue;
            }
            onLine([.. _line]);
            _line.Clear();
        }
    }
}
