using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Vmm.Machine.Config;

namespace Vmm.Trace.Format;

/// <summary>Reads a trace from its beginning, as a file or while it comes: exits in the order in which they were answered.</summary>
/// <remarks>Nothing is trusted: a trace may be cut off or forged. What is wrong is a <see cref="TraceException"/> that says where.</remarks>
internal sealed class TraceReader
{
    /// <summary>Some hundred MiB of them.</summary>
    private const int MostWaiting = 1 << 21;

    private const string NotOurs = "it is not what vmm writes there";

    private readonly Stream _stream;
    private readonly Dictionary<int, RecordReader> _vcpus = [];
    // Those that came since the last mark, and later ones, by their time and among equals as they came.
    private readonly PriorityQueue<TracedExit, (long Answered, long Number)> _waiting = new();
    private readonly List<TracedExit> _read = [];
    private long _number;
    private long _position;

    /// <summary>Reads a trace's head.</summary>
    /// <param name="stream">Where it comes from; whoever made it closes it.</param>
    /// <exception cref="TraceException">It is no trace, or one of another version.</exception>
    public TraceReader(Stream stream)
    {
        _stream = stream;
        string magic = Line(TraceFormat.Magic.Length + 1, out bool _);
        if (magic != TraceFormat.Magic)
            throw new TraceException(magic.StartsWith("vmm-trace ", StringComparison.Ordinal) ? $"it is a trace of another version ({magic})" : "it is no trace: those begin with \"vmm-trace\"");
        string head = Line(TraceFormat.LongestHeader, out bool cut);
        try
        {
            Header = JsonSerializer.Deserialize(head, TraceJson.Default.TraceHeader) ?? throw new TraceException("its head is empty");
        }
        catch (JsonException)
        {
            throw new TraceException($"its head is damaged: {(cut ? "it is cut off" : NotOurs)}");
        }
        if (Header.Filter is { IsSound: false })
            throw new TraceException("its head is damaged: its filter lacks a list");
    }

    /// <summary>What the trace is of.</summary>
    public TraceHeader Header { get; }

    /// <summary>How it ended; null before that was read, and for a trace that was cut off.</summary>
    public TraceEnd? End { get; private set; }

    /// <summary>All that follow, to the end of what there is.</summary>
    /// <exception cref="TraceException">Something in it is wrong.</exception>
    public IEnumerable<TracedExit> Exits()
    {
        while (NextBlock() is { } block)
        {
            switch (block.Kind)
            {
                case BlockKind.Records:
                    Read(block.Content);
                    // There are ten marks a second. Without one in so many exits the order is given up before memory is.
                    foreach (TracedExit exit in _waiting.Count > MostWaiting ? Until(long.MaxValue) : [])
                        yield return exit;
                    break;
                case BlockKind.Mark:
                    foreach (TracedExit exit in Until(MarkOf(block.Content)))
                        yield return exit;
                    break;
                case BlockKind.End:
                    End = EndOf(block.Content);
                    foreach (TracedExit exit in Until(long.MaxValue))
                        yield return exit;
                    yield break;
                default:
                    throw new TraceException($"at byte {_position} there is a block of an unknown kind ({(byte)block.Kind})");
            }
        }
        // Cut off: what there is is shown all the same.
        foreach (TracedExit exit in Until(long.MaxValue))
            yield return exit;
    }

    /// <summary>Passes over the exits that were not read yet.</summary>
    /// <returns>How the trace ended; null when it was cut off.</returns>
    /// <exception cref="TraceException">Something in it is wrong.</exception>
    public TraceEnd? SkipToEnd()
    {
        while (End is null && NextBlock() is { } block)
        {
            if (block.Kind == BlockKind.End)
                End = EndOf(block.Content);
        }
        return End;
    }

    private IEnumerable<TracedExit> Until(long time)
    {
        while (_waiting.TryPeek(out _, out var first) && first.Answered <= time)
            yield return _waiting.Dequeue();
    }

    private void Read(byte[] block)
    {
        ReadOnlySpan<byte> rest = block;
        if (!VarInt.TryRead(ref rest, out ulong vcpu) || vcpu >= (ulong)Math.Max(1, Header.Vcpus))
            throw new TraceException($"at byte {_position} there are records of a vCPU that the machine has not");
        if (!_vcpus.TryGetValue((int)vcpu, out RecordReader? reader))
            _vcpus[(int)vcpu] = reader = new RecordReader((int)vcpu);
        bool whole = reader.TryRead(rest, _read);
        foreach (TracedExit exit in _read)
            _waiting.Enqueue(exit, (exit.Answered, _number++));
        _read.Clear();
        if (!whole)
            throw new TraceException($"a record of vCPU {vcpu} before byte {_position} cannot be read");
    }

    private long MarkOf(byte[] block)
    {
        ReadOnlySpan<byte> rest = block;
        return VarInt.TryRead(ref rest, out ulong time) && time <= long.MaxValue ? (long)time : throw new TraceException($"at byte {_position} there is a mark without a time");
    }

    private static TraceEnd EndOf(byte[] block)
    {
        try
        {
            TraceEnd end = JsonSerializer.Deserialize(block, TraceJson.Default.TraceEnd) ?? throw new TraceException("its end is empty");
            return end with { Reason = Printable.Escape(end.Reason ?? ""), Accounting = end.Accounting ?? [] };
        }
        catch (JsonException)
        {
            throw new TraceException($"its end is damaged: {NotOurs}");
        }
    }

    /// <summary>The next block; null at the end of what there is, also in the midst of a block.</summary>
    private (BlockKind Kind, byte[] Content)? NextBlock()
    {
        Span<byte> head = stackalloc byte[TraceFormat.BlockHead];
        if (!TryFill(head))
            return null;
        int length = BinaryPrimitives.ReadInt32LittleEndian(head[1..]);
        if (length is < 0 or > TraceFormat.LongestBlock)
            throw new TraceException($"at byte {_position} there is a block of {(uint)length} bytes; the longest has {TraceFormat.LongestBlock}");
        byte[] content = new byte[length];
        return TryFill(content) ? ((BlockKind)head[0], content) : null;
    }

    private bool TryFill(Span<byte> buffer)
    {
        int got = _stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        _position += got;
        return got == buffer.Length;
    }

    private string Line(int longest, out bool cut)
    {
        List<byte> line = [];
        int next = _stream.ReadByte();
        for (; next >= 0 && next != '\n' && line.Count <= longest; next = _stream.ReadByte())
            line.Add((byte)next);
        cut = next < 0;
        _position += line.Count + 1;
        return Encoding.UTF8.GetString([.. line]);
    }
}
