using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Vmm.Kvm.Abi;
using Vmm.Machine.Exits;
using Vmm.Trace.Format;

namespace Vmm.Trace.Recording;

/// <summary>
/// A trace that is being taken: gathers the vCPUs' records and writes them. A vCPU waits while its records are written, so that
/// no exit is missing; when they cannot be written any more, the trace is over and the guest goes on.
/// </summary>
internal sealed class TraceRecorder
{
    private readonly ITraceSink _sink;
    private readonly long _most;
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Dictionary<int, VcpuRecords> _records = [];
    private readonly Dictionary<string, long> _accounting = [];
    // Taken while a vCPU's records are held, never the other way round.
    private readonly Lock _writing = new();
    // After a failure there is a hole: nothing may follow.
    private bool _broken;
    private string? _over;
    private long _recorded;

    /// <summary>Begins one, and writes its head.</summary>
    /// <param name="sink">Where it goes.</param>
    /// <param name="header">What it is of.</param>
    /// <param name="filter">Which exits are wanted.</param>
    /// <param name="most">How many at most.</param>
    /// <param name="step">Whether, and from where on, instructions are wanted, too.</param>
    public TraceRecorder(ITraceSink sink, TraceHeader header, ExitFilter filter, long most = long.MaxValue, StepRequest? step = null)
    {
        (_sink, Filter, _most, Step) = (sink, filter, most, step);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header, TraceJson.Default.TraceHeader);
        Put([.. Encoding.ASCII.GetBytes(TraceFormat.Magic), (byte)'\n', .. json, (byte)'\n']);
    }

    /// <summary>Which exits are wanted.</summary>
    public ExitFilter Filter { get; }

    /// <summary>Whether, and from where on, instructions are wanted, too; null for exits only.</summary>
    public StepRequest? Step { get; }

    /// <summary>Nanoseconds since it began.</summary>
    public long Now => (long)((Stopwatch.GetTimestamp() - _start) * (1e9 / Stopwatch.Frequency));

    /// <summary>Why it is over; null while it is not.</summary>
    public string? Over => Volatile.Read(ref _over);

    /// <summary>Whether all that was recorded could be written.</summary>
    public bool IsWhole
    {
        get
        {
            lock (_writing)
                return !_broken;
        }
    }

    /// <summary>How many exits are in it.</summary>
    public long Recorded => Math.Min(_most, Interlocked.Read(ref _recorded));

    /// <summary>A vCPU's records: the same for each machine that is built anew, as definitions in them are numbered.</summary>
    public VcpuRecords RecordsOf(int vcpu)
    {
        lock (_records)
            return _records.TryGetValue(vcpu, out VcpuRecords? known) ? known : _records[vcpu] = new VcpuRecords(vcpu);
    }

    /// <summary>Counts an exit that is wanted.</summary>
    /// <returns>Whether it shall be recorded.</returns>
    public bool Admit()
    {
        if (Over is not null)
            return false;
        long number = Interlocked.Increment(ref _recorded);
        if (number >= _most)
            Stop($"{_most} exits were wanted");
        return number <= _most;
    }

    /// <summary>Ends it; the first reason stays.</summary>
    public void Stop(string why) => Interlocked.CompareExchange(ref _over, why, null);

    /// <summary>Writes a vCPU's records. Whoever calls holds them (a lock on them).</summary>
    public void Write(VcpuRecords records) => Block(BlockKind.Records, records.Take());

    /// <summary>Adds what the accounting counted of a vCPU while it was traced.</summary>
    public void Account(KvmExitReason reason, long count)
    {
        string name = ExitReasonName.Of(reason);
        lock (_accounting)
            _accounting[name] = _accounting.GetValueOrDefault(name) + count;
    }

    /// <summary>Writes what all vCPUs have so far, and how far that is.</summary>
    public void Mark()
    {
        // First the time, then the records: what comes later is later.
        long now = Now;
        VcpuRecords[] all;
        lock (_records)
            all = [.. _records.Values];
        foreach (VcpuRecords records in all)
        {
            lock (records)
                Write(records);
        }
        Span<byte> number = stackalloc byte[VarInt.Longest];
        Block(BlockKind.Mark, number[..VarInt.Write(number, (ulong)now)]);
    }

    /// <summary>Writes the rest and how it ended. No vCPU is traced any more.</summary>
    public TraceEnd Finish()
    {
        Stop("it was stopped");
        Mark();
        Dictionary<string, long> accounting;
        lock (_accounting)
            accounting = new(_accounting);
        TraceEnd end = new() { Reason = Over!, Recorded = Recorded, Exits = accounting.Values.Sum(), Nanoseconds = Now, Accounting = accounting };
        Block(BlockKind.End, JsonSerializer.SerializeToUtf8Bytes(end, TraceJson.Default.TraceEnd));
        return end;
    }

    private void Block(BlockKind kind, ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty)
            return;
        Span<byte> head = stackalloc byte[TraceFormat.BlockHead];
        head[0] = (byte)kind;
        BinaryPrimitives.WriteInt32LittleEndian(head[1..], content.Length);
        lock (_writing)
        {
            Put(head);
            Put(content);
        }
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        if (_broken || _sink.TryWrite(bytes) is not { } why)
            return;
        _broken = true;
        Stop(why);
    }
}
