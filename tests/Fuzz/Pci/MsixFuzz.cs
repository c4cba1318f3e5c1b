using System.Buffers.Binary;
using CsCheck;
using Vmm.Devices.Interrupts;
using Vmm.Devices.Pci;
using Vmm.Devices.Pci.Spec;
using Xunit;

namespace Vmm.Tests.Fuzz.Pci;

/// <summary>MSI-X against a model that keeps, for each vector, whether it is masked and whether it waits.</summary>
public class MsixFuzz
{
    private const int Vectors = 70; // more than one word of pending bits

    private static readonly Gen<(int Kind, ulong Offset, int Width, ulong Value)> GenStep = Gen.Select(
        Gen.Int[0, 9],
        Gen.Frequency(
            (6, Gen.Int[0, Vectors - 1].Select(v => (ulong)v * MsixSpec.EntrySize + MsixSpec.EntryControl)),
            (3, Gen.ULong[0, 0x1000]),
            (1, Gen.ULong)),
        Gen.OneOf(1, 2, 4, 4, 4, 8),
        Gen.Frequency((3, Gen.ULong[0, 1]), (1, Gen.ULong)));

    [Fact, Trait("Row", "35")]
    public void Each_signal_is_sent_or_pending_exactly_as_the_masks_say()
    {
        GenStep.Array[1, 200].Sample(Run, time: FuzzBudget.Seconds);
    }

    private static void Run((int Kind, ulong Offset, int Width, ulong Value)[] steps)
    {
        var sink = new CountingSink();
        var table = new MsixTable("fuzz", Vectors, sink);
        var model = new Model();
        Span<byte> data = stackalloc byte[8];
        foreach ((int kind, ulong offset, int width, ulong value) in steps)
        {
            switch (kind)
            {
                case 0:
                    (model.Enabled, model.Masked) = ((offset & 4) != 0, (offset & 8) != 0);
                    table.Control(model.Enabled, model.Masked);
                    break;
                case <= 4:
                    int vector = (int)(offset / MsixSpec.EntrySize % (Vectors + 2));
                    table.Signal(vector);
                    model.Signal(vector);
                    break;
                case <= 8:
                    BinaryPrimitives.WriteUInt64LittleEndian(data, value);
                    table.Write(offset, data[..width]);
                    model.Write(offset, width, value);
                    break;
                default:
                    table.Read(offset, data[..width]);
                    break;
            }
            model.Settle();
            Assert.Equal(model.Sent, sink.Count);
            for (int vector = 0; vector < Vectors; vector++)
                Assert.Equal(model.Pending[vector], table.IsPending(vector));
        }
    }

    private sealed class Model
    {
        private readonly bool[] _vectorMasked = Enumerable.Repeat(true, Vectors).ToArray();

        public bool[] Pending { get; } = new bool[Vectors];
        public bool Enabled { get; set; }
        public bool Masked { get; set; }
        public int Sent { get; private set; }

        public void Signal(int vector)
        {
            // One that may be sent is pending for no time at all; Settle sends it.
            if (vector < Vectors && Enabled)
                Pending[vector] = true;
        }

        public void Write(ulong offset, int width, ulong value)
        {
            if (width < 4 || offset % (uint)width != 0 || offset >= Vectors * MsixSpec.EntrySize)
                return;
            int vector = (int)offset / MsixSpec.EntrySize;
            int field = (int)offset % MsixSpec.EntrySize;
            if (field == MsixSpec.EntryControl)
                _vectorMasked[vector] = (value & 1) != 0;
            else if (field == MsixSpec.EntryData && width == 8)
                _vectorMasked[vector] = (value >> 32 & 1) != 0;
        }

        public void Settle()
        {
            for (int vector = 0; vector < Vectors; vector++)
            {
                if (!Pending[vector] || !Enabled || Masked || _vectorMasked[vector])
                    continue;
                Pending[vector] = false;
                Sent++;
            }
        }
    }

    private sealed class CountingSink : IMsiSink
    {
        public int Count { get; private set; }
        public void Signal(in MsiMessage message) => Count++;
    }
}
