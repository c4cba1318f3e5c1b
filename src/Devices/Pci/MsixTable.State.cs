using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Vmm.Devices.Pci.Spec;
using Vmm.Devices.State;

namespace Vmm.Devices.Pci;

/// <content>Saving and restoring.</content>
public sealed partial class MsixTable
{
    /// <summary>What it holds.</summary>
    internal MsixState Save()
    {
        lock (_lock)
            return new MsixState([.. _table], [.. MemoryMarshal.AsBytes<ulong>(_pending)]);
    }

    /// <summary>Whether a saved state is one of such a table.</summary>
    /// <param name="section">Whose state it is.</param>
    /// <param name="saved">The state.</param>
    /// <param name="enabled">What its message control says.</param>
    /// <param name="masked">Whether all of it is masked.</param>
    /// <exception cref="StateException">It is not.</exception>
    internal void Check(string section, MsixState saved, bool enabled, bool masked)
    {
        StateJson.Require(saved.Table.Length == _table.Length, section, $"{Name}: table has {saved.Table.Length} bytes instead of {_table.Length}");
        int pendingLength = _pending.Length * sizeof(ulong);
        StateJson.Require(saved.Pending.Length == pendingLength, section, $"{Name}: pending has {saved.Pending.Length} bytes instead of {pendingLength}");
        for (int bit = 0; bit < pendingLength * 8; bit++)
        {
            bool isPending = (saved.Pending[bit / 8] >> bit % 8 & 1) != 0;
            if (bit >= Vectors)
            {
                StateJson.Require(!isPending, section, $"{Name}: vector {bit} is pending, of {Vectors}");
                continue;
            }
            ReadOnlySpan<byte> entry = saved.Table.AsSpan(bit * MsixSpec.EntrySize, MsixSpec.EntrySize);
            uint control = BinaryPrimitives.ReadUInt32LittleEndian(entry[MsixSpec.EntryControl..]);
            ulong address = BinaryPrimitives.ReadUInt64LittleEndian(entry[MsixSpec.EntryAddress..]);
            StateJson.Require(
                (control & ~MsixSpec.VectorMasked) == 0 && (address & MsixSpec.AddressReserved) == 0,
                section,
                $"{Name}: vector {bit} has reserved bits: control 0x{control:x}, address 0x{address:x}");
            bool isHeldBack = !enabled || masked || control == MsixSpec.VectorMasked;
            StateJson.Require(!isPending || isHeldBack, section, $"{Name}: vector {bit} is pending, and nothing holds it back");
        }
    }

    /// <summary>Takes over a state that was checked. Nothing is sent.</summary>
    internal void Restore(MsixState saved, bool enabled, bool masked)
    {
        lock (_lock)
        {
            saved.Table.CopyTo(_table, 0);
            saved.Pending.AsSpan().CopyTo(MemoryMarshal.AsBytes(_pending.AsSpan()));
            (_enabled, _masked) = (enabled, masked);
        }
    }
}
