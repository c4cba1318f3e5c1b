using System.Buffers.Binary;
using System.Numerics;
using Vmm.Devices.Bus;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Pci.Spec;

namespace Vmm.Devices.Pci;

/// <summary>
/// A function's MSI-X vectors: table in the lower half of a BAR, pending bits in the upper. A vector that may not be sent
/// now sets its pending bit and is sent once when it may (PCI Local Bus 3.0, 6.8.2 and 6.8.3.4).
/// </summary>
/// <remarks>Messages go to the sink and nowhere else: an address that points at a BAR reaches no device.</remarks>
public sealed partial class MsixTable : IBusDevice
{
    private const int BitsPerWord = 64;

    private readonly Lock _lock = new();
    private readonly IMsiSink _sink;
    private readonly byte[] _table;
    private readonly ulong[] _pending;
    private bool _enabled;
    private bool _masked;

    /// <summary>Makes a table with every vector masked.</summary>
    public MsixTable(string name, int vectors, IMsiSink sink)
    {
        if (vectors is < 1 or > MsixSpec.MaximumVectors)
            throw new ArgumentOutOfRangeException(nameof(vectors), vectors, "MSI-X has 1 to 2048 vectors");
        (Name, Vectors, _sink) = (name, vectors, sink);
        _table = new byte[vectors * MsixSpec.EntrySize];
        _pending = new ulong[(vectors + BitsPerWord - 1) / BitsPerWord];
        PbaOffset = Math.Max((uint)PciBarBits.MinimumSize / 2, BitOperations.RoundUpToPowerOf2((uint)_table.Length));
        Reset();
    }

    /// <summary>What a function's table is called.</summary>
    public static string NameOf(string function) => $"{function}-msix";

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Vectors in the table.</summary>
    public int Vectors { get; }

    /// <summary>Where the pending bits begin.</summary>
    public uint PbaOffset { get; }

    /// <summary>Length of the BAR that holds table and pending bits.</summary>
    public ulong BarSize => PbaOffset * 2UL;

    /// <summary>Whether the guest uses MSI-X; if not, the function's interrupt is INTx#.</summary>
    public bool Enabled => Volatile.Read(ref _enabled);

    /// <summary>Sends a vector's message, or notes it as pending. Dropped while MSI-X is off or when there is no such vector.</summary>
    public void Signal(int vector)
    {
        if ((uint)vector >= (uint)Vectors)
            return;
        // The sink is called under the lock: once a guest's masking write is done, no message may follow it.
        lock (_lock)
        {
            if (!_enabled)
                return;
            if (_masked || IsMasked(vector))
                _pending[vector / BitsPerWord] |= 1UL << vector;
            else
                Send(vector);
        }
    }

    /// <summary>Whether a vector waits for its mask to go.</summary>
    public bool IsPending(int vector)
    {
        lock (_lock)
            return (_pending[vector / BitsPerWord] >> vector & 1) != 0;
    }

    /// <inheritdoc/>
    public void Read(ulong offset, Span<byte> data)
    {
        data.Clear();
        lock (_lock)
        {
            for (int i = 0; i < data.Length; i++)
                data[i] = ReadByte(offset + (uint)i);
        }
    }

    /// <inheritdoc/>
    /// <remarks>Software must use aligned doublewords or quadwords (6.8.2); everything else is dropped, and so are writes to pending bits.</remarks>
    public void Write(ulong offset, ReadOnlySpan<byte> data)
    {
        if (data.Length is not (4 or 8) || offset % (uint)data.Length != 0 || offset >= (uint)_table.Length)
            return;
        lock (_lock)
        {
            for (int i = 0; i < data.Length; i += 4)
                WriteEntry((int)offset + i, BinaryPrimitives.ReadUInt32LittleEndian(data[i..]));
            Deliver((int)offset / MsixSpec.EntrySize);
        }
    }

    /// <summary>Takes over the message control word.</summary>
    internal void Control(bool enabled, bool masked)
    {
        lock (_lock)
        {
            if (_enabled == enabled && _masked == masked)
                return;
            _enabled = enabled;
            _masked = masked;
            for (int word = 0; word < _pending.Length; word++)
            {
                for (ulong bits = _pending[word]; bits != 0; bits &= bits - 1)
                    Deliver(word * BitsPerWord + BitOperations.TrailingZeroCount(bits));
            }
        }
    }

    /// <summary>Off, all masked, nothing pending.</summary>
    internal void Reset()
    {
        lock (_lock)
        {
            _enabled = _masked = false;
            Array.Clear(_table);
            Array.Clear(_pending);
            for (int vector = 0; vector < Vectors; vector++)
                WriteEntry(vector * MsixSpec.EntrySize + MsixSpec.EntryControl, MsixSpec.VectorMasked);
        }
    }

    private byte ReadByte(ulong offset)
    {
        if (offset < (uint)_table.Length)
            return _table[offset];
        ulong bit = unchecked(offset - PbaOffset) * 8;
        if (offset < PbaOffset || bit / BitsPerWord >= (uint)_pending.Length)
            return 0;
        return (byte)(_pending[bit / BitsPerWord] >> (int)(bit % BitsPerWord));
    }

    private void WriteEntry(int offset, uint value)
    {
        uint writable = (offset % MsixSpec.EntrySize) switch
        {
            MsixSpec.EntryAddress => unchecked((uint)~MsixSpec.AddressReserved),
            MsixSpec.EntryControl => MsixSpec.VectorMasked,
            _ => uint.MaxValue,
        };
        BinaryPrimitives.WriteUInt32LittleEndian(_table.AsSpan(offset), value & writable);
    }

    /// <summary>Sends a pending vector if nothing holds it back any more.</summary>
    private void Deliver(int vector)
    {
        ulong bit = 1UL << vector;
        if (!_enabled || _masked || IsMasked(vector) || (_pending[vector / BitsPerWord] & bit) == 0)
            return;
        _pending[vector / BitsPerWord] &= ~bit;
        Send(vector);
    }

    private bool IsMasked(int vector) => (_table[vector * MsixSpec.EntrySize + MsixSpec.EntryControl] & MsixSpec.VectorMasked) != 0;

    private void Send(int vector)
    {
        ReadOnlySpan<byte> entry = _table.AsSpan(vector * MsixSpec.EntrySize, MsixSpec.EntrySize);
        _sink.Signal(new MsiMessage(
            BinaryPrimitives.ReadUInt64LittleEndian(entry[MsixSpec.EntryAddress..]),
            BinaryPrimitives.ReadUInt32LittleEndian(entry[MsixSpec.EntryData..])));
    }
}
