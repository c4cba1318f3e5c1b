namespace Vmm.Cli.Machines;

/// <summary>A stream that hands on what is written to it line by line; the last piece waits for its line feed.</summary>
/// <param name="onLine">Gets each line, without its line feed.</param>
internal sealed class LineSplitter(Action<byte[]> onLine) : Stream
{
    private readonly List<byte> _line = [];

    /// <inheritdoc/>
    public override bool CanRead => false;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => true;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

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

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();
}
